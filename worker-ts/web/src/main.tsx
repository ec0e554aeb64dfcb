// Starts the page.
import { render } from "preact";
import { App } from "./app";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/chat.css";
import "./styles/log.css";
import "./styles/people.css";

render(<App />, document.querySelector("#app")!);
