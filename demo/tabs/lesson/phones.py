"""What a teacher is told of pupils' own phones, below the lesson and in the notes."""

from demo.catalog.privacy import IN_THE_BROWSER, ON_THE_SERVER
from demo.components.presenter import NETWORK

TITLE = "For teachers: notes, and pupils’ phones"
SENTENCES = (
    "To open the same page: here, “Present” shows a code, and the address below it, that lead a phone to the Lesson. Where the "
    "page runs on your own computer, start it with “python app.py --address 0.0.0.0”: else no other device reaches it, and there "
    f"is no code. {NETWORK}",
    "For a class of 30 at once: the Lesson is loaded when it is opened; from then on it needs no network and no server. On the "
    "tab Attack a few runs go on at a time, and whoever waits sees their place.",
    f"What pupils give: votes stay on the phone. A photo of their own {ON_THE_SERVER} {IN_THE_BROWSER}",
)
