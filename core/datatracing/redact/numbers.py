"""Card and account numbers, told from the ids and timestamps that pipelines are full of.

A card number is masked when its digits begin like a card's, are as many as that brand has, and pass the Luhn check. So
epoch timestamps of 13, 16 and 19 digits never are (they begin with 1), and of random ids that happen to begin like a
card, one in ten is masked wrongly. That one is the price: nothing else in the digits tells them apart.
"""

from datatracing.redact.patterns import Pattern

CARD = Pattern(
    r"(?<![A-Za-z0-9])(?<![0-9]\.)"
    r"(?P<secret>[0-9]{13,19}"
    r"|(?<!-)[0-9]{4}(?P<four>[ -])[0-9]{4}(?P=four)[0-9]{4}(?P=four)[0-9]{1,7}"
    r"|(?<!-)[0-9]{4}(?P<six>[ -])[0-9]{6}(?P=six)[0-9]{4,5})"
    r"(?![A-Za-z0-9]|\.[0-9])"
)
BRANDS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (4000, 4999, (13, 16, 19)),
    (5100, 5599, (16,)),
    (2221, 2720, (16,)),
    (3400, 3499, (15,)),
    (3700, 3799, (15,)),
    (3528, 3589, (16,)),
    (3000, 3059, (14,)),
    (3600, 3699, (14,)),
    (3800, 3999, (14,)),
    (6011, 6011, (16, 19)),
    (6440, 6599, (16, 19)),
    (6200, 6299, (16, 17, 18, 19)),
)
"""First and last of the leading four digits, and how many digits there may be: Visa, Mastercard (two), American Express
(two), JCB, Diners (three), Discover (two), UnionPay."""
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def is_card(text: str) -> bool:
    """Whether the digits of the text are a card number."""
    digits = [int(char) for char in text if char.isdigit()]
    lead = int("".join(map(str, digits[:4])) or 0)
    branded = any(first <= lead <= last and len(digits) in lengths for first, last, lengths in BRANDS)
    return branded and luhn(digits)


def luhn(digits: list[int]) -> bool:
    """The check digit of ISO/IEC 7812."""
    return (sum(digits[-1::-2]) + sum(DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0


PEOPLES = Pattern(r"[+(]{0,2}[0-9A-Z][0-9A-Za-z\s()/.*_+-]{5,40}")
IBAN = Pattern(
    r"(?<![A-Za-z0-9])(?P<secret>[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}"
    r"|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?))(?![A-Za-z0-9])"
)
IBAN_LENGTHS = range(15, 35)


def has_digits(value: str) -> bool:
    """Whether a value has the digits of a phone number, a national number or an account."""
    digits = sum(1 for char in value if char.isdigit())
    return 6 <= digits <= 34 and digits * 2 >= len(value) and PEOPLES.match(value) is not None


def is_iban(text: str) -> bool:
    """By the two check digits of ISO 13616."""
    plain = text.replace(" ", "")
    if len(plain) not in IBAN_LENGTHS:
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


SSN = Pattern(r"(?<![\w.-])(?P<secret>(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4})(?![\w-]|\.[0-9])")
"""An American social security number, as it is always written."""
