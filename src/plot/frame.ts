/** Letters of axes and names, in px. */
export const fontSize = 10.5;

/** Room for the ticks and the label of the x axis, in px. */
const axisRoom = 44;

/** Sizes of a figure, in px: `top` above what is plotted, the x axis below, and the caption at the bottom. */
export const frame = (
  width: number,
  top: number,
  plotHeight: number,
  { height: captionHeight }: { readonly height: number },
) => ({
  width,
  height: top + plotHeight + axisRoom + captionHeight,
  marginTop: top,
  marginBottom: axisRoom + captionHeight,
  style: { fontSize: `${fontSize}px` },
});

/** A label along the middle of an axis. */
export const axisLabel = (label: string, labelOffset = 34) =>
  ({ label, labelAnchor: "center", labelArrow: "none", labelOffset }) as const;
