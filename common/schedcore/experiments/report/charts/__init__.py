"""Charts of a report: small SVG drawings that take their colours from the page, so that they are right in light,
dark and print; each is drawn twice, for wide and for narrow screens, and the page shows the one that fits."""
