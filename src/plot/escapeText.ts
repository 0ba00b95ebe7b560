const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it stands in HTML and XML: the letters of markup are escaped. */
export const escapeText = (text: string) => text.replace(/[&<>"']/g, (letter) => escapes[letter]);
