"""The sections of the HTML report, a file each; every function adds its section to the page, or nothing."""
