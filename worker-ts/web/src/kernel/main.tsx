// Starts the page /kernel.
import { render } from "preact";
import { KernelPage } from "./app";
import "../styles/base.css";
import "../styles/shell.css";
import "../styles/layers.css";
import "../styles/marks.css";
import "./kernel.css";
import "./graph.css";

render(<KernelPage />, document.querySelector("#app")!);
