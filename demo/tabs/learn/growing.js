// Step 6: the photo with a change at several sizes. The pixels are added here; the lists were annotated beforehand.
{
  const root = part("growing");
  const { sizes, amplify } = root.querySelector(".dials").dataset;
  const SIZES = JSON.parse(sizes);
  const canvases = ["photo", "change"].map((name) => root.querySelector(`[data-shot="${name}"]`));
  const { width, height } = canvases[0];
  const layers = {}; // pixels (RGBA) of the photo and of both changes; there, level 128 stands for 0

  const read = async (image) => {
    await image.decode();
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    layers[image.dataset.layer] = context.getImageData(0, 0, width, height).data;
  };
  const paint = (size, kind) => {
    const [photo, z] = [layers.photo, layers[kind]];
    if (!photo || !z) return;
    const pictures = canvases.map(() => new ImageData(width, height));
    for (let i = 0; i < photo.length; i++) {
      const opaque = i % 4 === 3;
      const change = size * (z[i] - 128);
      pictures[0].data[i] = opaque ? 255 : photo[i] + change; // clamped and rounded by the array
      pictures[1].data[i] = opaque ? 255 : 127.5 + (amplify * change) / 2;
    }
    canvases.forEach((canvas, i) => canvas.getContext("2d").putImageData(pictures[i], 0, 0));
  };
  const show = () => {
    const at = dial(root, "size").value;
    const kind = chosen(root, "kind");
    const slider = dial(root, "size");
    slider.setAttribute("aria-valuetext", `${SIZES[at]} times`);
    root.querySelector(".dial .shown").textContent = `${SIZES[at]} ×`;
    root.querySelectorAll(".lists > div").forEach((list) => {
      list.hidden = list.dataset.kind !== kind || list.dataset.at !== at;
      if (!list.hidden) say(root, list.dataset.says);
    });
    root.querySelectorAll(".flips [data-at]").forEach((cell) =>
      cell.classList.toggle("now", cell.dataset.at === at && (!cell.dataset.kind || cell.dataset.kind === kind)));
    paint(SIZES[at], kind);
  };
  root.addEventListener("input", show);
  Promise.all([...root.querySelectorAll("[data-layer]")].map(read)).then(show);
  show();
}
