"""Panels redraw what has changed, stay visible without a kernel, and say what is wrong."""

from __future__ import annotations

import base64
import io

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from infonb.plots.picture import subplots
from infonb.widgets import Panel


class Draws:
    """Two pictures that count how often they are drawn."""

    def __init__(self):
        self.calls = []

    def left(self, bins, unit):
        self.calls.append("left")
        if bins > 50:
            raise ValueError("too many bins <script>")
        return subplots(size=(1 + bins / 100, 1), alt=f"{bins} bins in {unit}.")[0]

    def right(self, unit):
        self.calls.append("right")
        picture, axes = subplots(size=(2, 1), alt=f"in {unit}.")
        axes[0, 0].set(xlim=(0, 8), ylim=(4, 0))
        picture.cursor = (2.0, 3.0)
        return picture


@pytest.fixture
def draws():
    return Draws()


@pytest.fixture
def controls():
    return {
        "bins": ipywidgets.IntSlider(10, 1, 100, description="bins"),
        "unit": ipywidgets.Dropdown(options=["nat", "bit"], description="unit"),
    }


@pytest.fixture
def panel(draws, controls):
    panel = Panel(
        {"left": draws.left, "right": draws.right}, controls,
        on_click={"right": lambda x, y: {"bins": round(x), "unit": "bit" if y > 2 else "nat"}},
    )  # fmt: skip
    draws.calls.clear()
    return panel


def test_only_pictures_of_the_control_are_drawn_again(panel, draws):
    right = panel.images["right"].value
    panel.controls["bins"].value = 20
    assert draws.calls == ["left"]
    assert panel.images["right"].value == right
    panel.controls["unit"].value = "bit"
    assert draws.calls == ["left", "left", "right"]
    assert panel.alt == "20 bins in bit. in bit."


def test_several_controls_at_once_draw_once(panel, draws):
    panel.set(bins=20, unit="bit")
    assert draws.calls == ["left", "right"]
    assert panel.value == {"bins": 20, "unit": "bit"}
    panel.set(bins=20)
    assert draws.calls == ["left", "right"]
    with pytest.raises(ValueError, match="control must be one of 'bins', 'unit'; not 'bin'"):
        panel.set(bin=3)


def test_what_cannot_be_set_is_said_and_nothing_is_half_set(panel, draws):
    for wrong, words in [
        ({"unit": "bit", "bins": 200}, "bins must be between 1 and 100; not 200"),
        ({"bins": 20, "unit": "bits"}, "unit must be one of 'nat', 'bit'; not 'bits'"),
    ]:
        with pytest.raises(ValueError, match=words):
            panel.set(**wrong)
    with pytest.raises(TypeError, match=r"bins must be a whole number; not 2\.5"):
        panel.set(unit="bit", bins=2.5)
    assert panel.value == {"bins": 10, "unit": "nat"}
    assert draws.calls == []


def test_many_options_are_not_listed_one_by_one(draws, controls):
    controls["unit"] = ipywidgets.SelectionSlider(options=range(300), description="unit")
    panel = Panel({"right": draws.right}, controls)
    with pytest.raises(ValueError, match=r"one of 0, …, 299 \(300 of them\); not 300"):
        panel.set(unit=300)


def test_a_control_that_sets_another_draws_once(draws, controls):
    def follow(change):
        with panel.hold():
            controls["bins"].value = 5

    controls["unit"].observe(follow, names="value")
    panel = Panel({"left": draws.left}, controls)
    draws.calls.clear()
    controls["unit"].value = "bit"
    assert draws.calls == ["left"]
    assert panel.alt == "5 bins in bit."


def test_a_click_sets_controls_and_draws_once(panel, draws):
    panel.images["right"].pointed = [7.4, 1.0, 1]
    assert panel.value == {"bins": 7, "unit": "nat"}
    assert draws.calls == ["left"]
    panel.images["right"].pointed = [6.6, 3.0, 2]
    assert panel.value == {"bins": 7, "unit": "bit"}
    assert draws.calls == ["left", "left", "right"]


def test_arrow_keys_go_on_from_the_cursor(draws, controls):
    seen = []

    def click(x, y):
        seen.append((x, y))
        return {}

    panel = Panel({"right": draws.right}, controls, on_click={"right": click})
    image = panel.images["right"]
    # limits 0 to 8, and 4 below to 0 above: up is towards less
    steps = [(1, 0), (0, 1), (0, -1), (-1, 0), (10, 0), (0, -10), (3, 2)]
    at = np.zeros(2, int)
    for number, step in enumerate(steps):
        at += step
        image.stepped = [*at.tolist(), number + 1]
    assert seen == [(3, 3), (2, 2), (2, 4), (1, 3), (8, 3), (2, 4), (5, 1)]


def test_a_panel_can_say_what_a_step_is(draws, controls):
    levels = [1, 2, 5, 20]
    controls["level"] = ipywidgets.SelectionSlider(options=levels, description="level")

    def step(right, up):
        at = controls["level"].index + right + up
        return {"level": levels[min(max(at, 0), 3)]}

    panel = Panel(
        {"right": draws.right}, controls,
        on_click={"right": lambda x, y: {}}, on_step={"right": step},
    )  # fmt: skip
    seen = []
    controls["level"].observe(lambda change: seen.append(change["new"]), names="value")
    for number in range(1, 6):
        panel.images["right"].stepped = [number, 0, number]
    panel.images["right"].stepped = [3, 0, 6]  # two keys in one message
    assert seen == [2, 5, 20, 2]
    with pytest.raises(ValueError, match="on_step must be one of 'right'; not 'left'"):
        Panel({"right": draws.right, "left": draws.left}, controls,
              on_click={"right": lambda x, y: {}}, on_step={"left": step})  # fmt: skip


def test_the_browser_knows_where_the_axes_and_the_choice_are(panel):
    image = panel.images["right"]
    left, bottom, width, height, *limits = image.axes
    assert 0 < left < left + width < 1
    assert 0 < bottom < bottom + height < 1
    assert limits == [0, 8, 4, 0]
    assert image.cursor == [2.0, 3.0]
    assert image.width == 180
    # the other one cannot be clicked
    assert panel.images["left"].axes == []


def test_a_click_that_fails_is_said_and_forgotten_at_the_next(draws, controls):
    panel = Panel(
        {"left": draws.left}, controls, on_click={"left": lambda x, y: {"unit": ["nat"][round(x)]}}
    )
    panel.images["left"].pointed = [1.0, 0.0, 1]
    assert "list index out of range" in panel.message.value
    panel.images["left"].pointed = [0.0, 0.0, 2]
    assert panel.message.value == ""


def test_an_error_is_said_beside_the_pictures_which_stay(panel, draws):
    before = panel.images["left"].value
    panel.controls["bins"].value = 60
    assert "too many bins &lt;script&gt;" in panel.message.value
    assert "role='alert'" in panel.message.value
    assert panel.images["left"].value == before
    panel.controls["unit"].value = "bit"  # still wrong, and the other one follows
    assert "too many bins" in panel.message.value
    assert panel.alt == "10 bins in nat. in bit."
    panel.controls["bins"].value = 4
    assert panel.message.value == ""
    assert panel.alt == "4 bins in bit. in bit."


def test_an_unexpected_error_is_said_with_its_kind(controls):
    def draw(bins):
        return subplots(alt=f"{[1][bins - 10]}")[0]

    panel = Panel(draw, controls)
    controls["bins"].value = 20
    assert "IndexError" in panel.message.value


def test_what_is_wrong_from_the_start_is_raised(draws, controls):
    controls["bins"].value = 60
    with pytest.raises(ValueError, match="too many bins"):
        Panel({"left": draws.left}, controls)


def test_an_argument_that_is_no_control_is_refused(draws, controls):
    with pytest.raises(ValueError, match="argument of left must be one of 'bins'; not 'unit'"):
        Panel({"left": draws.left}, {"bins": controls["bins"]})
    with pytest.raises(ValueError, match="on_click must be one of 'left'; not 'lift'"):
        Panel({"left": draws.left}, controls, on_click={"lift": lambda x, y: {}})


def test_arguments_with_a_default_need_no_control(controls):
    def draw(bins, level=None):
        return subplots(alt=f"{bins}, {level}")[0]

    assert Panel(draw, controls).alt == "10, None"
    level = ipywidgets.Dropdown(options=["a"], description="level")
    assert Panel(draw, {**controls, "level": level}).alt == "10, a"


def test_a_page_has_all_pictures_in_one(panel):
    data, metadata = panel._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    whole = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))))
    parts = [np.asarray(Image.open(io.BytesIO(image.value))) for image in panel.images.values()]
    assert whole.shape[1] == sum(part.shape[1] for part in parts)
    assert (whole[:, -parts[1].shape[1] :] == parts[1]).all()
    assert metadata["image/png"]["alt"] == panel.alt == "10 bins in nat. in nat."
    assert metadata["image/png"]["width"] == sum(image.width for image in panel.images.values())


def test_the_page_has_the_present_choice(panel):
    before = panel._repr_mimebundle_()[0]["image/png"]
    panel.controls["bins"].value = 40
    data, metadata = panel._repr_mimebundle_()
    assert data["image/png"] != before
    assert "40 bins" in metadata["image/png"]["alt"]


def test_columns_are_those_asked_for(draws, controls):
    draw = {"left": draws.left, "right": draws.right}
    _, beside = Panel(draw, controls)._repr_mimebundle_()
    _, below = Panel(draw, controls, columns=1)._repr_mimebundle_()
    assert beside["image/png"]["height"] < below["image/png"]["height"]


def test_report_panel_is_a_picture_only(draws, controls):
    panel = Panel({"right": draws.right}, controls, interactive=False)
    data, _ = panel._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert base64.b64decode(data["image/png"]) == panel.image.value


def test_sliders_redraw_once_per_choice(panel):
    assert not panel.controls["bins"].continuous_update


def test_the_script_asks_nothing_of_the_network():
    from infonb.widgets.panel.live_picture import LivePicture

    source = str(LivePicture._esm) + str(LivePicture._css)
    assert "http" not in source
    assert "import" not in source
