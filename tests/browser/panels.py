"""The controls of a live panel, found on the page and moved by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

#: What a reader can operate, as ipywidgets builds it; a row of buttons is one control.
_FIND = """root => {
    const kinds = [
        ['slider', '.noUi-handle'], ['list', 'select'], ['buttons', '.widget-toggle-buttons'],
        ['button', '.widget-toggle-button'], ['box', 'input[type=checkbox]'],
        ['radio', '.widget-radio-box'],
    ];
    const found = [];
    for (const [kind, selector] of kinds)
        for (const part of root.querySelectorAll(selector)) {
            if (kind === 'button' && part.closest('.widget-toggle-buttons')) continue;
            found.push([kind, part]);
        }
    const after = Node.DOCUMENT_POSITION_FOLLOWING;
    found.sort((a, b) => a[1].compareDocumentPosition(b[1]) & after ? -1 : 1);
    return found.map(([kind, part], number) => {
        part.dataset.control = number;
        const whole = part.closest('.widget-inline-hbox, .widget-toggle-buttons') || part;
        // a box to tick has its words behind it, and an empty label before
        const label = whole.querySelector('.widget-label-basic')
            || whole.querySelector('.widget-label');
        const readout = whole.querySelector('.widget-readout');
        const clipped = [label, readout].some(one => one && one.scrollWidth > one.clientWidth);
        const text = label ? label.textContent : part.textContent;
        // ipywidgets keeps the room of an empty label with a space of no width
        return {kind, label: text.replace('\\u200b', '').trim(), clipped};
    });
}"""

#: Which control has the focus, and the key that moves it by one step; null where none does.
_HERE = """root => {
    const here = document.activeElement;
    const part = root.contains(here) ? here.closest('[data-control]') : null;
    if (!part) return null;
    const number = Number(part.dataset.control);
    const key = (up, down, last) => [number, last ? down : up];
    if (part.matches('.noUi-handle')) {
        const [now, most] = ['aria-valuenow', 'aria-valuemax'].map(
            name => Number(part.getAttribute(name)));
        return key('ArrowRight', 'ArrowLeft', now >= most);
    }
    if (part.matches('select'))
        return key('ArrowDown', 'ArrowUp', part.selectedIndex === part.length - 1);
    if (part.matches('.widget-radio-box')) return key('ArrowDown', '', false);
    // of a row of buttons the one that is pressed in already changes nothing
    if (part.matches('.widget-toggle-buttons') && here.classList.contains('mod-active'))
        return [number, null];
    return [number, 'Space'];
}"""

#: The pictures' bytes, so that one that was only sent again does not count as a change.
_PICTURES = """async root => {
    const digest = async picture => {
        const bytes = await (await fetch(picture.src)).arrayBuffer();
        const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        return Array.from(hash.slice(0, 8)).join('.');
    };
    const all = Array.from(root.querySelectorAll('img')).filter(one => one.src);
    return (await Promise.all(all.map(digest))).join(' ');
}"""

#: What a control says of itself.
_STATE = """(root, number) => {
    const part = root.querySelector(`[data-control="${number}"]`);
    const pressed = Array.from(part.querySelectorAll('button, input'), one =>
        one.classList.contains('mod-active') || one.checked);
    return [part.getAttribute('aria-valuetext'), part.value, part.checked,
            part.classList.contains('mod-active'), pressed].join(' ');
}"""

#: Whether a control says something else within a time given.
_MOVED = f"""async (root, [number, before, most]) => {{
    const start = performance.now();
    while (performance.now() - start < most) {{
        if (({_STATE})(root, number) !== before) return true;
        await new Promise(later => setTimeout(later, 10));
    }}
    return false;
}}"""

#: Milliseconds until the pictures differ; null if they have not within the time given.
_CHANGED = f"""async (root, [before, most]) => {{
    const pictures = {_PICTURES};
    const start = performance.now();
    while (performance.now() - start < most) {{
        // a picture may be taken back while it is read
        const now = await pictures(root).catch(() => before);
        if (now !== before) return performance.now() - start;
        await new Promise(later => setTimeout(later, 10));
    }}
    return null;
}}"""

#: Whether the pictures have stayed as they are for so many milliseconds, within a time given.
_QUIET = f"""async (root, [quiet, most]) => {{
    const pictures = {_PICTURES};
    const start = performance.now();
    let before = '', since = start;
    while (performance.now() - start < most) {{
        const now = await pictures(root).catch(() => '');
        if (now === '' || now !== before) [before, since] = [now, performance.now()];
        if (performance.now() - since > quiet) return true;
        await new Promise(later => setTimeout(later, 20));
    }}
    return false;
}}"""

_LOADED = """root => {
    const all = Array.from(root.querySelectorAll('img'));
    return all.length > 0 && all.every(one => one.complete && one.naturalWidth > 0);
}"""


@dataclass(frozen=True)
class Control:
    """One control: its kind, its label, and whether the label or the value is cut off."""

    kind: str
    label: str
    clipped: bool


class PanelOnPage:
    """
    A panel on a page of JupyterLab or Voilà.

    Parameters
    ----------
    page
        Where it is.
    output
        The output that shows it, and nothing else.
    kernel
        Waits until the kernel has done all that it was asked; None: the pictures' rest must do.
    """

    def __init__(
        self, page: Page, output: Locator, kernel: Callable[[], None] | None = None
    ) -> None:
        self.page, self.output = page, output
        self.kernel = kernel
        output.locator("img").first.wait_for()
        self.root = output.element_handle()
        page.wait_for_function(_LOADED, arg=self.root)
        self.controls = [Control(**found) for found in self.root.evaluate(_FIND)]

    def badly_labelled(self) -> list[Control]:
        """Return the controls without a label, or whose label or value is cut off."""
        return [control for control in self.controls if control.clipped or not control.label]

    def pictures(self) -> str:
        """Return what tells the pictures on show from others."""
        return str(self.root.evaluate(_PICTURES))

    def settle(self) -> None:
        """Wait until no picture changes any more: a control may have changed several."""
        if self.kernel:
            self.kernel()
        assert self.root.evaluate(_QUIET, [150, 20_000]), "the pictures do not come to rest"

    def wait_for_change(self, before: str, what: str, seconds: float = 20) -> float:
        """Return after how many seconds the pictures differ; an AssertionError if they do not."""
        waited = self.root.evaluate(_CHANGED, [before, 1000 * seconds])
        assert waited is not None, f"{what}: the picture stays as it was. {self.message()}"
        return float(waited) / 1000

    def go_to(self, selector: str) -> None:
        """Press the tabulator key until what a selector finds has the focus."""
        for _ in range(10 * len(self.controls) + 20):
            self.page.keyboard.press("Tab")
            if self.root.evaluate(
                "(root, selector) => root.contains(document.activeElement) "
                "&& document.activeElement.matches(selector)",
                selector,
            ):
                return
        raise AssertionError(f"not reached with the tabulator key: {selector}")

    def message(self) -> str:
        """Return the message beside the picture, if there is one."""
        return " ".join(self.root.evaluate(
            "root => Array.from(root.querySelectorAll('[role=alert]'), one => one.textContent)"
        ))  # fmt: skip

    def move_all(self, seconds: float = 20) -> dict[str, float]:
        """
        Go through the panel with the tabulator key and move each control by one step.

        The focus must stand before the panel. An AssertionError names a control that cannot be
        reached, loses the focus while the picture is drawn, or leaves the picture as it was.

        Returns
        -------
        dict
            Label → seconds from the key to the new picture.
        """
        took: dict[str, float] = {}
        left = dict(enumerate(self.controls))
        for _ in range(10 * len(self.controls) + 20):
            self.page.keyboard.press("Tab")
            number, key = self.root.evaluate(_HERE) or (None, None)
            if number not in left or key is None:
                continue
            took[left[number].label] = self._move(number, key, seconds)
            del left[number]
            if not left:
                return took
        names = [f"{control.kind} {control.label!r}" for control in left.values()]
        raise AssertionError(f"not reached with the tabulator key: {', '.join(names)}")

    def _move(self, number: int, key: str, seconds: float) -> float:
        """Press a key in the control that has the focus; return how long the picture took."""
        control = self.controls[number]
        name = f"{control.kind} {control.label!r}, {key}"
        self.settle()
        state, before = self.root.evaluate(_STATE, number), self.pictures()
        self.page.keyboard.press(key)
        moved = self.root.evaluate(_MOVED, [number, state, 3000])
        assert moved, f"{name}: it does not move"
        waited = self.wait_for_change(before, name, seconds)
        assert self.message() == "", f"{name}: {self.message()}"
        here = self.root.evaluate(_HERE)
        assert here, f"{name}: it loses the focus"
        assert here[0] == number, f"{name}: it hands the focus to another control"
        return waited
