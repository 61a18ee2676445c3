"""The panel "Is it real?": what is left of an attack once somebody does something to the saved picture."""
