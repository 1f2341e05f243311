"""Which pictures of a panel are drawn again when a control moves."""


def images(panel):
    """Return name of a picture → its PNG."""
    return {name: image.value for name, image in panel.images.items()}


def check_redraws(panel, moves):
    """Move controls, each (name, value, the pictures that depend on it), and look what changes."""
    for name, value, expected in moves:
        before = images(panel)
        panel.controls[name].value = value
        assert panel.message.value == ""
        after = images(panel)
        assert {one for one in before if before[one] != after[one]} == expected, name
        assert panel.value[name] == value
