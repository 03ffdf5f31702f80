"""A problem names where it is, what was wanted, what was found and what to do."""

from domain.problems import Problem, as_lines


def test_a_problem_of_an_account_begins_with_its_name() -> None:
    problem = Problem(
        account="Apex", field="max_lot", wanted="a number", found='"x"', what_to_do="Correct it."
    )
    assert problem.text == 'Apex: max_lot: wanted a number, found "x". Correct it.'


def test_a_problem_of_the_host_begins_with_its_field_and_each_has_a_line() -> None:
    problem = Problem(field="LOG_LEVEL", wanted="INFO", found="x", what_to_do="Correct it.")
    assert (
        as_lines([problem, problem]).splitlines()
        == ["LOG_LEVEL: wanted INFO, found x. Correct it."] * 2
    )
