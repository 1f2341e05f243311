"""Whether text stands out from its ground: contrast as in the accessibility guidelines (WCAG)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: WCAG 2.2, 1.4.3: ordinary text.
ENOUGH = 4.5

_CONTRASTS = """(selector) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    const rgba = colour => {  // whatever way it is written
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], ground) =>
        [r, g, b].map((part, at) => a * part + (1 - a) * ground[at]);
    const ground = element => {
        if (!element) return [255, 255, 255];
        const own = rgba(getComputedStyle(element).backgroundColor);
        return own[3] === 1 ? own.slice(0, 3) : over(own, ground(element.parentElement));
    };
    const linear = part => {
        part /= 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    };
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const found = [];
    for (const element of document.querySelectorAll(selector)) {
        const text = element.textContent.trim();
        if (!text || !element.checkVisibility({visibilityProperty: true})) continue;
        const behind = ground(element);
        const ink = over(rgba(getComputedStyle(element).color), behind);
        const [dim, bright] = [light(ink), light(behind)].sort((a, b) => a - b);
        const contrast = (bright + 0.05) / (dim + 0.05);
        found.push({text: text.slice(0, 60), contrast, ink, behind});
    }
    return found;
}"""


def contrasts(page: Page, selector: str) -> list[dict[str, Any]]:
    """Return text, contrast and both colours of all visible elements that a selector finds."""
    found: list[dict[str, Any]] = page.evaluate(_CONTRASTS, selector)
    return found
