import "virtual:report.css";
import "./style.css";
import { render } from "preact";
import { keepAddress } from "./address.ts";
import { Page } from "./Page.tsx";

keepAddress();
const place = document.getElementById("page")!;
place.replaceChildren();
render(<Page />, place);
