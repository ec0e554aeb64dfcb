// Starts the page /workflows.
import { render } from "preact";
import { Frame } from "../frame";
import { ListPage } from "./list-page";
import "../../styles/base.css";
import "../../styles/shell.css";
import "../../styles/layers.css";
import "../../styles/marks.css";
import "../workflow.css";

render(
  <Frame>
    <ListPage />
  </Frame>,
  document.querySelector("#app")!,
);
