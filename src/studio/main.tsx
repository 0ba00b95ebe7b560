import "virtual:report.css";
import "./style.css";
import { render } from "preact";
import { keepAddress } from "./address.ts";
import { Page } from "./Page.tsx";

keepAddress();
const place = document.getElementById("page")!;
place.replaceChildren();
render(<Page />, place);

// The code of the workers, which the build lists (vite.config.ts).
addEventListener("load", () => {
  const links = document.querySelector<HTMLTemplateElement>("#prefetched");
  if (links) document.head.append(links.content);
});
