// The page's icons, drawn here so that no font or sprite is fetched. Decoration only: the button around one carries the label.
import type { ComponentChildren } from "preact";

function icon(paths: ComponentChildren) {
  return () => (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {paths}
    </svg>
  );
}

export const SendIcon = icon(<path d="M5 12h13M12 5l7 7-7 7" />);
export const PlusIcon = icon(<path d="M12 5v14M5 12h14" />);
export const CloseIcon = icon(<path d="M6 6l12 12M18 6L6 18" />);
export const BackIcon = icon(<path d="M15 5l-7 7 7 7" />);
export const DownIcon = icon(<path d="M12 5v13M6 12l6 6 6-6" />);
export const PeopleIcon = icon(
  <>
    <circle cx="9" cy="8.5" r="3.5" />
    <path d="M2.5 20c.4-3.6 3-5.5 6.5-5.5s6.1 1.9 6.5 5.5M16 5.4a3.3 3.3 0 0 1 0 6.2M18 15c2 .7 3.2 2.3 3.5 5" />
  </>,
);
export const KeyboardIcon = icon(
  <path d="M3 6.5h18v11H3zM7 10h.01M10.3 10h.01M13.7 10h.01M17 10h.01M7 14h.01M17 14h.01M10.5 14h3" />,
);
export const BackToIcon = icon(<path d="M9 14l-5-5 5-5M4 9h10a6 6 0 0 1 0 12h-3" />);
export const ReplyIcon = icon(<path d="M9 7l-5 5 5 5M4 12h10a6 6 0 0 1 6 6" />);
export const LinkIcon = icon(
  <path d="M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1" />,
);
export const CheckIcon = icon(<path d="M5 13l4 4L19 7" />);
export const LockIcon = icon(<path d="M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3" />);
export const HashIcon = icon(<path d="M9 4L7 20M17 4l-2 16M4.5 9h16M3.5 15h16" />);
export const LeaveIcon = icon(<path d="M14 4H6v16h8M11 12h9M16 8l4 4-4 4" />);
export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M5.6 18.4L7 17M17 7l1.4-1.4" />
  </>,
);
export const MoonIcon = icon(<path d="M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5z" />);
export const SystemIcon = icon(<path d="M4 5h16v11H4zM9 20h6M12 16v4" />);
export const SmileIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M8.5 14.5c.8 1.2 2 1.8 3.5 1.8s2.7-.6 3.5-1.8M9 9.8h.01M15 9.8h.01" />
  </>,
);
export const EditIcon = icon(<path d="M4 20h4L19 9l-4-4L4 16zM13 7l4 4" />);
export const MoreIcon = icon(<path d="M6 12h.01M12 12h.01M18 12h.01" />);
export const BinIcon = icon(<path d="M4.5 7h15M9 7V4.5h6V7M6.5 7l1 13h9l1-13M10 11v5.5M14 11v5.5" />);
export const PinIcon = icon(<path d="M9 3.5h6l-1 6 3.5 3.5v1.5h-11V13L10 9.5zM12 14.5V21" />);
export const CopyIcon = icon(<path d="M9 9h11v11H9zM15 9V4H4v11h5" />);
export const SearchIcon = icon(
  <>
    <circle cx="11" cy="11" r="6" />
    <path d="M15.5 15.5L20 20" />
  </>,
);
export const ClipIcon = icon(
  <path d="M19.5 11.5l-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5l8-8a3.1 3.1 0 0 1 4.4 4.4l-8 8a1.5 1.5 0 0 1-2.2-2.2l7.2-7.2" />,
);
export const FileIcon = icon(<path d="M6 3h8l4.5 4.5V21H6zM14 3v4.5h4.5" />);
export const DownloadIcon = icon(<path d="M12 4v11M7 10.5l5 5 5-5M5 20h14" />);
export const InviteIcon = icon(
  <>
    <circle cx="10" cy="8.5" r="3.5" />
    <path d="M3.5 20c.4-3.6 3-5.5 6.5-5.5 1.6 0 3 .4 4.1 1.1M18.5 14v6M15.5 17h6" />
  </>,
);
export const GearIcon = icon(
  <>
    <path d="M4 7h8M16 7h4M4 17h4M12 17h8" />
    <circle cx="14" cy="7" r="2" />
    <circle cx="10" cy="17" r="2" />
  </>,
);
export const OpenIcon = icon(<path d="M7 10l5 5 5-5" />);
export const RetryIcon = icon(<path d="M19 12a7 7 0 1 1-2.3-5.2M19 4v4h-4" />);
export const CrownIcon = icon(<path d="M4 18h16M4.5 15L3.5 7l5 3.5L12 5l3.5 5.5 5-3.5-1 8z" />);
export const ShieldIcon = icon(<path d="M12 3.5l7 2.5v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6z" />);
export const BanIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M6 6l12 12" />
  </>,
);

/** The house's mark: a ferrule, the ring that holds two parts together. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect class="mark-ground" width="64" height="64" rx="16" />
      <path class="mark-rod" d="M20 15h24v7H20zM20 42h24v7H20z" />
      <path class="mark-ring" d="M17 22h30v20H17z" />
      <path class="mark-groove" d="M17 27h30M17 37h30" />
    </svg>
  );
}
