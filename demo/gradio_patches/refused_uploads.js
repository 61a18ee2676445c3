// Behaviour: of an upload that the server refuses, Gradio (6.31) shows the sentence behind "HTTP 415:" and the like. Its client
// puts that before every answer that is none; what goes wrong while the answer is read is shown as it is.
(() => {
  const fetched = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await fetched(...asked);
    if (answer.ok || !new URL(answer.url || location.href).pathname.endsWith("/gradio_api/upload")) return answer;
    const sentence = await answer.text();
    return { ok: true, status: answer.status, json: () => Promise.reject(new Error(sentence)) };
  };
})();
