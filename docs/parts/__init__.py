"""What of the docs is made from the code: a module for each page, a function for each part of one."""
