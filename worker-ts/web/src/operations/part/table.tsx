// A table that scrolls by itself where it is wider than the page. Cells are named by their columns on narrow screens, too.
import type { ComponentChildren } from "preact";
import { scrolls } from "./scroll";

export function Table(props: {
  readonly name: string;
  readonly columns: readonly string[];
  readonly children: ComponentChildren;
}) {
  return (
    <div class="ops-scroll" {...scrolls(props.name)}>
      <table>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}
