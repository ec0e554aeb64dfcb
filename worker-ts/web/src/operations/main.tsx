// Starts the page /operations.
import { render } from "preact";
import { OperationsPage } from "./app";
import "../styles/base.css";
import "../styles/shell.css";
import "../styles/layers.css";
import "../styles/marks.css";
import "./operations.css";

render(<OperationsPage />, document.querySelector("#app")!);
