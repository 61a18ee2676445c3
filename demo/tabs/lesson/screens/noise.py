"""Screen 3: noise as large as the attack does nothing."""

from demo.engine.distortions import noise
from demo.engine.recipes import NOISES
from demo.engine.recordings import recording
from demo.render.pictures import AMPLIFY as USUAL
from demo.render.pictures import to_image
from demo.tabs.lesson import pictures
from demo.tabs.lesson.pictures import Look
from demo.tabs.lesson.screen import IS_IT_REAL, TEST_IT, Answer, Screen

AMPLIFY = 100  # more than elsewhere: single levels here and there are all that such noise is


def screen() -> Screen | None:
    shown = recording("one-label")
    if shown is None:
        return None
    outcome = shown.outcome
    x = outcome.plan.photo.x
    noisy = noise(x, outcome.report["l2"], seed=0)
    was, now = pictures.best(shown, outcome.plan.photo.logits), pictures.best(shown, outcome.logits)
    results = {times: pictures.best(shown, shown.checks[f"noise {times}"]) for times in NOISES}
    stays = [times for times, name in results.items() if name == was]
    bigger = f" Noise {max(stays)} times as large does not either." if max(stays, default=1) > 1 else ""
    mixed = shown.checks["noise 1"]
    attack_count, _, attack_most = pictures.numbers_changed(x, outcome.x_adv)
    noise_count, _, noise_most = pictures.numbers_changed(x, noisy)
    return Screen(
        key="noise",
        title="Is it just noise?",
        minutes=3,
        intro="Perhaps any change of this size would confuse the annotator. Let us test it: the same photo, with random noise of "
        f"the same size, {pictures.size(shown)}. Here both changes are drawn {AMPLIFY} times as strong.",
        see=pictures.row(
            pictures.difference(x, outcome.x_adv, "The attack", AMPLIFY, alt="The attack’s change"),
            pictures.difference(x, noisy, "Random noise", AMPLIFY, alt="The random noise"),
        ),
        question=f"What will the annotator say about the photo with noise? Before, it said “{was}”.",
        answers=[
            Answer(f"Still {was}", right=results[1] == was),
            Answer(f"Now {now}, as after the attack", right=results[1] == now != was),
            Answer("Some other label", right=results[1] not in (was, now)),
        ],
        told=[
            f"It is {pictures.sure(shown, mixed, results[1])} sure of {results[1]}. Random noise of this size "
            f"{'does not fool it' if results[1] == was else 'fools it, too'}.{bigger}"
        ],
        shown=pictures.row(
            pictures.picture(
                pictures.attacked(shown),
                "The attacked photo",
                "Attacked",
                pictures.labels(shown, outcome.logits, "Its top 3", 3),
            ),
            pictures.picture(
                to_image(noisy), "The photo with noise", "With noise", pictures.labels(shown, mixed, "Its top 3", 3)
            ),
        ),
        why=[
            "Think of a hundred people who push a car. If each pushes wherever they like, the car stays where it is: the "
            "pushes cancel each other. If all push the same way, it rolls.",
            f"Noise helps {was} in one place and hurts it in the next. The attack’s pushes all go the same way, because they "
            "were calculated. That is why such photos hardly ever turn up by accident, and why a test with random noise does "
            "not find the weakness.",
        ],
        looks=pictures.looked_at(Look(shown, was)),
        own=f"Attack your photo. {TEST_IT} There the same comparison is made for it.",
        place=IS_IT_REAL,
        exercise="gentle",
        hint="The car is the picture to remember. Where there is room, let the class act it by pulling: ten pupils "
        "around a blanket, each pulling it in a direction of their own, and it stays; then all in one, and it goes. If "
        f"somebody asks: the noise changes {noise_count:,} numbers by "
        f"at most {pictures.levels(noise_most)}, the attack {attack_count:,} by at most {pictures.levels(attack_most)}. "
        f"Drawn {USUAL} times as strong, as on the tab Attack, single dots would hardly show.",
    )
