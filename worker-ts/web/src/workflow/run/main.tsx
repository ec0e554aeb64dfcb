// Starts the page /runs/:id.
import { render } from "preact";
import { Frame } from "../frame";
import { RunPage } from "./run-page";
import "../../styles/base.css";
import "../../styles/shell.css";
import "../../styles/layers.css";
import "../../styles/marks.css";
import "../workflow.css";
import "../timeline/timeline.css";

const [, id = ""] = /^\/runs\/([^/]+)/.exec(location.pathname) ?? [];

render(
  <Frame>
    <RunPage key={id} id={id} />
  </Frame>,
  document.querySelector("#app")!,
);
