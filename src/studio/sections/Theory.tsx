import { computed } from "@preact/signals";
import { bind } from "../../heads/bind.ts";
import { findHead } from "../../heads/index.ts";
import { noisyLoss } from "../../heads/noise.ts";
import { solve } from "../../heads/solve.ts";
import { fromCounts } from "../../labels/fromCounts.ts";
import { summarizeBinary } from "../../labels/summarize.ts";
import { sigmoid } from "../../math/logit.ts";
import { softmax } from "../../math/logSumExp.ts";
import { addressed, number } from "../address.ts";
import { Curve } from "../components/Curve.tsx";
import { LossMap } from "../components/LossMap.tsx";
import { Slider } from "../components/Slider.tsx";
import { lossText, percent, short } from "../format.ts";

/** Why the optimum is where it is, in figures that follow the finger. */
export function Section() {
  return (
    <>
      <TwoClasses />
      <ThreeClasses />
      <Variation />
    </>
  );
}

const share = addressed("theory.share", 0.1, number);
const bias = addressed("theory.bias", 0, number);
const smoothing = addressed("theory.smoothing", 0, number);
const weight = addressed("theory.weight", 1, number);

const two = computed(() => {
  const labels = summarizeBinary([share.value]);
  const options = { labelSmoothing: smoothing.value, posWeight: [weight.value] };
  const { expectedLoss } = bind(findHead("sigmoid").head, labels, options);
  return { at: (b: number) => expectedLoss([b]), best: solve("sigmoid", labels, options).bias[0] };
});

function TwoClasses() {
  const { at, best } = two.value;
  return (
    <div class="columns">
      <div>
        <h3>Two classes: why ln p</h3>
        <p>
          An untrained network says the same for every input: sigmoid(b), where b is its output bias. Its
          cross-entropy is −p ln sigmoid(b) − (1 − p) ln sigmoid(−b), where p is the share of the label “yes”.
          The slope is sigmoid(b) − p, so the loss is least where the network predicts p itself: b = ln(p / (1
          − p)).
        </p>
        <p>
          At your bias {short(bias.value)} it predicts {percent(sigmoid(bias.value))} and its loss is{" "}
          <strong>{lossText(at(bias.value))}</strong>. The least loss is <strong>{lossText(at(best))}</strong>
          , at {short(best)}.
        </p>
        <Slider label="Share of yes" value={share} min={0.005} max={0.995} step={0.005} show={percent} />
        <Slider label="Your bias" value={bias} min={-7} max={7} step={0.05} show={short} />
        <Slider
          label="Weight of yes in the loss"
          value={weight}
          min={0.1}
          max={20}
          step={0.1}
          show={String}
        />
        <Slider label="Label smoothing" value={smoothing} min={0} max={0.5} step={0.01} show={String} />
        <p class="note">
          A weight w of yes moves the optimum by ln w: the loss then counts yes w times. Smoothing pulls the
          optimum towards 0, because the targets themselves move towards one half.
        </p>
      </div>
      <Curve
        label={`Loss over the bias for ${percent(share.value)} yes: least at ${short(best)}.`}
        range={[-7, 7]}
        top={Math.max(1.5, 1.6 * at(0), 1.1 * at(bias.value))}
        xLabel="bias"
        yLabel="expected loss"
        at={at}
        marks={[
          { x: Math.min(7, Math.max(-7, best)), name: "optimum", color: "--prior" },
          { x: bias.value, name: "your bias", color: "--zero" },
        ]}
        onPick={(b) => {
          bias.value = Number(b.toFixed(2));
        }}
      />
    </div>
  );
}

const second = addressed("theory.second", 0.25, number);
const third = addressed("theory.third", 0.05, number);
const here = { x: addressed("theory.x", 0, number), y: addressed("theory.y", 0, number) };

function ThreeClasses() {
  const rest = Math.max(0.01, 1 - second.value - third.value);
  const labels = fromCounts([rest, second.value, third.value].map((count) => 1000 * count));
  const { expectedLoss } = bind(findHead("softmax").head, labels, {});
  const at = ({ x, y }: { x: number; y: number }) => expectedLoss([0, x, y]);
  const best = solve("softmax", labels).bias;
  const optimum = { x: best[1] - best[0], y: best[2] - best[0] };
  const point = { x: here.x.value, y: here.y.value };
  const predicted = softmax([0, point.x, point.y]);
  return (
    <div class="columns">
      <div>
        <h3>Three classes: only differences count</h3>
        <p>
          Adding a number to all outputs of a softmax changes nothing, so three classes have two free numbers:
          how far the second and the third bias lie above the first. The ring is the optimum, ln(p₂ / p₁) and
          ln(p₃ / p₁).
        </p>
        <p>
          At your point the network predicts {predicted.map(percent).join(", ")} and its loss is{" "}
          <strong>{lossText(at(point))}</strong>; the least is <strong>{lossText(at(optimum))}</strong>, the
          entropy of the labels.
        </p>
        <ThreeClassesSliders />
      </div>
      <LossMap
        label={`Loss over two biases: least at ${short(optimum.x)} and ${short(optimum.y)}.`}
        range={[-5, 3]}
        xLabel="second bias − first"
        yLabel="third bias − first"
        here={point}
        best={optimum}
        top={at(optimum) + 2.5}
        at={at}
        onPick={({ x, y }) => {
          here.x.value = Number(x.toFixed(2));
          here.y.value = Number(y.toFixed(2));
        }}
      />
    </div>
  );
}

const biases = { min: -5, max: 3, step: 0.05, show: short };

const ThreeClassesSliders = () => (
  <>
    <Slider
      label="Share of the second class"
      value={second}
      min={0.01}
      max={0.5}
      step={0.01}
      show={percent}
    />
    <Slider label="Share of the third class" value={third} min={0.01} max={0.49} step={0.01} show={percent} />
    <Slider label="Second bias minus the first" value={here.x} {...biases} />
    <Slider label="Third bias minus the first" value={here.y} {...biases} />
  </>
);

const deviation = addressed("theory.spread", 1, number);

const gap = computed(() => {
  const labels = summarizeBinary([share.value]);
  const bound = bind(findHead("sigmoid").head, labels);
  const { bias: best, expectedLoss } = solve("sigmoid", labels);
  return (size: number) => noisyLoss(bound, best, { shape: "normal", size }).value - expectedLoss!;
});

function Variation() {
  const at = gap.value;
  return (
    <div class="columns">
      <div>
        <h3>Outputs that vary cost something: Jensen's gap</h3>
        <p>
          Random weights make the outputs vary from input to input, without knowing anything about the labels.
          The loss is convex, so this can only raise it: by about half the variance times p(1 − p), as long as
          the variance is small. That is why a sound network starts a little above the expected loss, and why
          outputs that start large start badly.
        </p>
        <p>
          With a standard deviation of {short(deviation.value)}, the loss rises by{" "}
          <strong>{lossText(at(deviation.value))}</strong>.
        </p>
        <Slider
          label="Standard deviation of the outputs"
          value={deviation}
          min={0}
          max={6}
          step={0.05}
          show={short}
        />
      </div>
      <Curve
        label={`What the variance of the outputs adds to the loss: ${lossText(at(deviation.value))} at ${short(deviation.value)}.`}
        range={[0, 6]}
        top={Math.max(0.5, 1.05 * at(6))}
        xLabel="standard deviation of the outputs"
        yLabel="added to the loss"
        at={at}
        marks={[{ x: deviation.value, name: "your deviation", color: "--zero" }]}
        onPick={(picked) => {
          deviation.value = Number(picked.toFixed(2));
        }}
      />
    </div>
  );
}
