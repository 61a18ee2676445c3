// What the choices say as the query of an address, which link.py reads: the one place that makes it, for the address bar,
// "Link to these settings", card and QR code. What a page finds anyway is left out. So are the labels of an uploaded photo.
(rules, values) => {
  const [annotator, toggles, k, attack, goal, way, chosen, steps, seed, scores, ...fields] = values;
  const its = rules.attacks[attack];
  const aim = its.goals.includes(goal) ? goal : its.goals[0];
  const [kind, name] = toggles.photo.split(":");
  const sample = kind === "sample" ? name : "";
  const targeted = rules.asks[aim] === "targets";
  const byHand = rules.asks[aim] === "hidden" || (targeted && way === "chosen");
  const said = {
    sample,
    annotator,
    k,
    attack,
    goal: aim === its.goals[0] ? "" : aim,
    case: targeted && way !== "best" && (sample || !byHand) ? way : "",
    labels: byHand && sample ? chosen.join(",") : "",
    true: sample && toggles.origin === "yours" ? toggles.truth.join(",") : "",
    max_steps: steps === its.steps ? "" : steps,
    seed: its.seed && seed ? seed : "",
    score_space: its.settings.includes("score_space") && scores !== "logits" ? scores : "",
  };
  rules.settings.forEach((setting, at) => (said[setting] = its.settings.includes(setting) ? fields[at] : ""));
  return new URLSearchParams(Object.entries(said).filter(([, value]) => String(value ?? "").trim())).toString();
}
