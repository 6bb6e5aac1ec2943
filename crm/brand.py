"""A workspace's brand colour, made readable: every use of it as text or behind text reaches WCAG AA."""

WHITE = (255, 255, 255)
INK = (0, 0, 0)
# The least contrasting grounds that the style sheets put it on: its own faint tint, on a page and on a dark card.
LIGHT_GROUND = (226, 225, 222)
DARK_GROUND = (54, 54, 57)
AA_TEXT = 4.5
SRGB_IS_LINEAR_BELOW = 0.04045
STEPS = 50

Rgb = tuple[int, int, int]


def brand_variables(color: str) -> str:
    """The style sheet of one colour, given as "rrggbb": as chosen, and moved until it can be read on light and dark."""
    chosen = _parse(color)
    return (
        ":root{"
        f"--brand:{_hex(chosen)};"
        f"--brand-ink:{_hex(max(WHITE, INK, key=lambda ink: contrast(ink, chosen)))};"
        f"--brand-on-light:{_hex(_readable(chosen, ground=LIGHT_GROUND, toward=(0, 0, 0)))};"
        f"--brand-on-dark:{_hex(_readable(chosen, ground=DARK_GROUND, toward=WHITE))}"
        "}\n"
    )


def contrast(one: Rgb, other: Rgb) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _readable(color: Rgb, *, ground: Rgb, toward: Rgb) -> Rgb:
    mixes = (_mix(color, toward, step / STEPS) for step in range(STEPS + 1))
    return next(mix for mix in mixes if contrast(mix, ground) >= AA_TEXT)


def _mix(color: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue


def _luminance(color: Rgb) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    red, green, blue = (_linear(part / 255) for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    """Undo the gamma of sRGB."""
    return part / 12.92 if part <= SRGB_IS_LINEAR_BELOW else ((part + 0.055) / 1.055) ** 2.4


def _parse(color: str) -> Rgb:
    red, green, blue = bytes.fromhex(color)
    return red, green, blue


def _hex(color: Rgb) -> str:
    return "#" + bytes(color).hex()
