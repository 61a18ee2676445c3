// HTML that changes several times a second. Gradio would read each new version twice over, its pictures included, and compare it
// node by node with the one before. Here it is read once, where no picture is fetched, and what is equal stays as it is: a
// photo's place, the focus, and how far a list is scrolled.
const renew = (old, fresh) => {
  if (old.isEqualNode(fresh)) return;
  const alike = old.nodeName === fresh.nodeName && old.childNodes.length === fresh.childNodes.length;
  if (!alike || !(old instanceof HTMLElement)) return old.replaceWith(fresh);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  const children = [...fresh.childNodes];
  [...old.childNodes].forEach((child, place) => renew(child, children[place]));
};
const paint = () => {
  const read = document.createElement("template");
  read.innerHTML = props.value;
  const [old, fresh] = [[...element.childNodes], [...read.content.childNodes]];
  if (old.length === fresh.length) old.forEach((child, place) => renew(child, fresh[place]));
  else element.replaceChildren(...fresh);
};
watch("value", paint);
paint();
