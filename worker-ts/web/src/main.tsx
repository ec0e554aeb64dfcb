// Starts the page.
import { render } from "preact";
import { App } from "./app";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/chat.css";
import "./styles/log.css";
import "./styles/message.css";
import "./styles/compose.css";
import "./styles/panels.css";
import "./styles/found.css";
import "./styles/layers.css";
import "./styles/emoji.css";

render(<App />, document.querySelector("#app")!);
