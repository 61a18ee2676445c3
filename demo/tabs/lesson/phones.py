"""What a teacher is told of pupils' own phones, below the lesson and in the notes."""

from demo.catalog import privacy
from demo.components.presenter import NETWORK
from demo.tabs.lesson.whole_lesson import MINUTES

TITLE = f"For teachers: notes with a plan for {MINUTES} minutes, and pupils’ phones"
SENTENCES = (
    "To open the same page: where other devices can reach it, “Present” shows a code, and the address below it, that lead a "
    "phone to the Lesson. A page on your own computer is reached only if it was started with “python app.py --address 0.0.0.0”; "
    f"else there is no code. {NETWORK}",
    "For a class of 30 at once: the Lesson is loaded when it is opened; from then on it needs no network and no server. On the "
    "tab Attack a few runs go on at a time, and whoever waits sees their place.",
    f"What pupils give: votes stay on the phone. A photo of their own {privacy.PHOTO}",
)
