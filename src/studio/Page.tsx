import { useEffect } from "preact/hooks";
import { CopyButton } from "./components/CopyButton.tsx";
import { Later } from "./components/Later.tsx";
import { Result } from "./sections/Result.tsx";
import { sections } from "./sections.ts";

/** The whole page. The first section is there at once; the others' code follows when the browser has time. */
export function Page() {
  useEffect(() => {
    document.addEventListener("click", jump);
    return () => document.removeEventListener("click", jump);
  }, []);
  return (
    <>
      <a class="skip" href="#result">
        Skip to the result
      </a>
      <header class="top">
        <p class="brand">
          <strong>baserate</strong> studio
        </p>
        <nav aria-label="Sections">
          {sections.map(({ id, short }) => (
            <a key={id} href={`#${id}`}>
              {short}
            </a>
          ))}
        </nav>
        <CopyButton text={() => location.href}>Copy link</CopyButton>
      </header>
      <main>
        <Result />
        {sections.slice(1).map(({ id, title, load }) => (
          <section key={id} id={id} aria-labelledby={`${id}-title`}>
            <h2 id={`${id}-title`} tabIndex={-1}>
              {title}
            </h2>
            <Later load={load!} />
          </section>
        ))}
      </main>
      <footer class="note">
        Everything is computed in this tab. No file leaves it, and after loading the page makes no request
        except for its own parts.
      </footer>
    </>
  );
}

/** Goes to the section that a link names without touching the address, which holds the page's state. */
function jump(event: MouseEvent): void {
  const id = (event.target as Element).closest?.('a[href^="#"]')?.getAttribute("href")?.slice(1);
  if (id === undefined) return;
  event.preventDefault();
  document.getElementById(id)?.scrollIntoView();
  document.getElementById(`${id}-title`)?.focus({ preventScroll: true });
}
