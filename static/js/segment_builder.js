// The rule of a segment, clicked together. What is saved is the JSON in the field "definition", which this writes after
// every change and which is all there is without scripts.
import { editRule } from "./rule_builder.js";

const source = document.querySelector("[name=definition]");
const preview = document.getElementById("segment-preview");
const stage = document.getElementById("segment-rule");

try {
  editRule(stage, JSON.parse(source.value), (rule) => {
    source.value = JSON.stringify(rule, null, 2);
    preview.dispatchEvent(new Event("definition-changed"));
  });
  source.closest(".mb-3, div").hidden = true;
} catch {
  // What is no JSON can't be drawn: the text and its error stay to be mended by hand.
  stage.hidden = true;
}
