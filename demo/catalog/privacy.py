"""What becomes of a visitor's photo, in one wording for the page's foot and the notes for teachers."""

# After "Your photo" or "A photo of their own"
ON_THE_SERVER = (
    "goes only to the machine that runs this page, where no other visitor sees it, and is deleted within about two hours, or "
    "when the page is stopped."
)
# As tabs/attack/kept.js does it: a reload in the same tab keeps them for another hour, and nothing runs while no page is open.
IN_THE_BROWSER = (
    "The browser keeps copies of the last photos, so that a reload brings them back. A copy older than an hour is deleted when "
    "the page is opened in another tab, or given another photo; not before."
)
