import { useEffect, useRef, useState } from "preact/hooks";
import type { Figure as FigureOf, FigureOptions } from "../../plot/svg.ts";

interface Props<Data> {
  readonly figure: FigureOf<Data>;
  readonly data: Data;
  readonly options?: Pick<FigureOptions, "lossUnit">;
  /** Height to keep free until the figure is drawn, in px. */
  readonly height: number;
}

/**
 * A figure of src/plot as wide as its place. Plot itself is loaded after the first numbers stand, and a figure is drawn
 * at most once a frame.
 */
export function Figure<Data>({ figure, data, options, height }: Props<Data>) {
  const place = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(0);
  const [svg, setSvg] = useState<string>();
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setWidth(Math.floor(contentRect.width)));
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (width === 0) return;
    let wanted = true;
    const frame = requestAnimationFrame(async () => {
      const { drawFigure } = await import("../../plot/drawFigure.ts");
      const drawn = await drawFigure(figure, data, {
        ...options,
        width: Math.min(960, Math.max(300, width)),
      });
      if (wanted) setSvg(drawn);
    });
    return () => {
      wanted = false;
      cancelAnimationFrame(frame);
    };
  }, [figure, data, options?.lossUnit, width]);
  // The figure's texts are escaped where it is drawn (src/plot/svg.ts).
  return (
    <figure
      ref={place}
      style={svg === undefined ? { minHeight: `${height}px` } : undefined}
      dangerouslySetInnerHTML={{ __html: svg ?? "" }}
    />
  );
}
