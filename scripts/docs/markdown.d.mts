// The shapes of markdown.mjs.
export declare function slugOf(title: string): string;
export declare function toHtml(text: string, link: (target: string) => string | undefined): string;
