"""What a teacher is told of pupils' own phones, below the lesson and in the notes."""

TITLE = "For teachers: notes, and pupils’ phones"
SENTENCES = (
    "To open the same page: here, “Present” shows a code, and the address below it, that lead a phone to the Lesson. Where the "
    "page runs on your own computer, start it with “python app.py --address 0.0.0.0”: else no other device reaches it, and there "
    "is no code.",
    "For a class of 30 at once: the Lesson is loaded when it is opened; from then on it needs no network and no server. On the "
    "tab Attack a few runs go on at a time, and whoever waits sees their place.",
    "What pupils give: votes stay on the phone. A photo of their own goes only to the machine that runs this page, where no "
    "other pupil sees it, and is deleted within about two hours, or when the page is stopped. The phone’s browser keeps a copy "
    "for reloads; it goes when the page is next opened after an hour.",
)
