import { InputError } from "../../errors.ts";
import { snippet } from "../../heads/snippets.ts";
import { type Answer, answer, type Question } from "../answer.ts";
import { serveTask } from "./serve.ts";

export interface AnswerRequest extends Question {
  /** Framework to write lines for. */
  readonly framework: string;
}

export interface FullAnswer extends Answer {
  /** Lines that set the bias and check the first loss. */
  readonly lines?: string;
  /** Why there are none. */
  readonly noLines?: string;
}

serveTask<AnswerRequest, FullAnswer>(async ({ framework, ...question }) => {
  const { loss, labels, options } = question;
  const answered = answer(question);
  try {
    return { ...answered, lines: snippet(framework, loss, labels, options) };
  } catch (error) {
    if (error instanceof InputError) return { ...answered, noLines: error.message };
    throw error;
  }
});
