/* How far methods are from their references: what scripts/deviations makes its table of. */
#ifndef TESTS_DEVIATION_H
#define TESTS_DEVIATION_H

/* Prints a case of a method, and fails if `worst`, its largest relative deviation, is more than
 * `allowed` or not a number. `kind` heads the method's part of the table; `name` begins with that
 * of the method, what the case is may follow after a comma. */
void expect_deviation(const char *kind, const char *name, const char *reference, double worst,
                      double allowed);

/* Relative; infinite if not a number, or if `right` is 0 and `found` is not. */
double relative_deviation(double found, double right);

/* Notes the words of a text, between blanks, commas or parentheses, that a case has to do with. */
void note_words(const char *text);

/* Fails if the word that is these two, one behind the other, has not been noted. */
void expect_noted(const char *start, const char *end);

#endif
