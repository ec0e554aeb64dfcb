// Light, dark, or as the system has it. theme.js sets the same attribute before the first paint.
import { useState } from "preact/hooks";
import { MoonIcon, SunIcon, SystemIcon } from "./icons";
import { recall, remember } from "./storage";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const ICONS = { system: SystemIcon, light: SunIcon, dark: MoonIcon } as const;

function current(): Theme {
  const kept = recall("theme");
  return THEMES.find((theme) => theme === kept) ?? "system";
}

export function ThemeButton() {
  const [theme, setTheme] = useState(current);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
  const Icon = ICONS[theme];
  const change = () => {
    remember("theme", next === "system" ? "" : next);
    if (next === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = next;
    setTheme(next);
  };
  return (
    <button
      type="button"
      class="icon-button"
      onClick={change}
      title={`Colours: ${theme}`}
      aria-label={`Colours: ${theme}. Change to ${next}`}
    >
      <Icon />
    </button>
  );
}
