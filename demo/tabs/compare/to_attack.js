() => {
  // The first tab; it is pressed rather than set from the server so that the keyboard's place moves along.
  const tab = document.querySelector("#tabs [role=tab]");
  tab.click();
  tab.focus();
  scrollTo(0, 0);
}
