"""What becomes of a visitor's photo, in one sentence for the page's foot and the notes for teachers."""

# After "Your photo" or "A photo of their own". The browser's copy is as tabs/attack/kept.js has it: a reload in the same tab
# keeps it for another hour, and nothing runs while no page is open.
PHOTO = (
    "goes only to the machine that runs this page, which shows it to no other visitor and deletes it within about two hours; the "
    "browser keeps a copy, for reloads, until the page is opened in a new tab an hour or more later, or its data is cleared."
)
