"""What stands behind a name that promises a secret is not always one: code, a placeholder, a word, a path."""

from datatracing.redact.names import Names, Promise
from datatracing.redact.patterns import Pattern

LOOKED_AT = 240
"""Characters of a value that decide."""

WORDS = frozenset(
    (
        "must should is are was were has have had will would can cannot could may might do does did not no the an this "
        "that these those it its of for from to in on at by with without and or but if when while because as per "
        "see use "
        "used using uses please you your we our they their there here where how why what which "
        "invalid missing required expired unexpected unknown incorrect wrong failed failure error errors denied "
        "refused "
        "revoked rotated rotating created creating deleted updated found loaded loading fetched fetching read reading "
        "received sent set unset changed reset valid verified ok okay success successful successfully started starting "
        "stopped stopping closed closing open opened opening active inactive activated enabled disabled enable disable "
        "none null nil undefined true false yes on off na todo tbd optional default empty blank any all auto automatic "
        "manual redacted masked hidden removed filtered obfuscated omitted protected string str text bytes byte "
        "bool boolean "
        "int integer number float double object array list dict map varchar char varbinary nvarchar nullable "
        "sensitive bearer "
        "basic digest oauth oauth2 ldap kerberos jwt saml plain plaintext encrypted hashed salted strict weak "
        "strong medium "
        "low high always never only pass return continue break raise yield else try except finally end eof still "
        "already "
        "now then too also just more less than about after before between during permission unauthorized forbidden "
        "authentication authorization login credentials provided accepted rejected validated parsed generated issued "
        "refreshed refreshing refresh renewed renewing acquired requested exchanged inherit inherited external "
        "internal "
        "static dynamic ephemeral temporary permanent current previous prompt ask interactive traceback exception "
        "warning "
        "info debug local remote cluster client server file env environment vault keyring keychain manager unsupported "
        "supported available unavailable nothing something timeout timed pending ready done skipped ignored unchanged "
        "field extra more fatal secretstr secretbytes resolved unresolved rotation select insert update delete "
        "where like primary foreign unique key index"
    ).split()
)
"""What people and programs say about secrets."""
HOLDERS = (
    r"self|cls|os|sys|config|conf|cfg|settings|args|kwargs|params|context|ctx|env|environ|var|vars|secrets?|local"
    r"|module"
    r"|credentials?|creds|options|opts|data|event|request|response|resp|req|body|row|user|account|this|app|each|hook"
    r"|conn|connection|process|dbutils|model|obj|item|EXCLUDED|excluded|src|tgt|source|target|Variable|Values"
)
EXPRESSION = Pattern(
    rf"""(?:await |new |not |lambda )?[A-Za-z_]\w*(?:\.\w+)*(?:\(|\[)"""  # a call, an item, a type with arguments
    rf"""|(?:{HOLDERS})(?:\.[A-Za-z_]\w*)+(?=[\s,;:)\]}}"']|$)"""
    r"""|[A-Z][A-Za-z]+\.[A-Z_]+(?=[\s,;)\]}]|$)"""
    r"""|[A-Za-z]\w{0,40}(?:\.[A-Za-z]\w{0,40})+\("""
    r"""|(?:await|new|not|lambda|yield|async|return) """
)
"""Source code. Only where it is not quoted."""
PLACEHOLDER = Pattern(
    r"""\$\{[^{}]{0,200}\}?|\$\(|\$[A-Z_][A-Z0-9_]*(?=$|[\s"',;)&])|\{\{|\{%|\{[\w.]*(?:\(\))?\}(?=$|[\s"',;)&])"""
    r"""|<[^<>]{0,200}>|<[A-Z]\w{0,60}(?:\.\w{1,60}){0,9}[ (:]|\[(?i:hidden|redacted|masked|filtered|secret|none"""
    r"""|removed)\]|\[\]|\{\}|\(\)|%\(\w+\)s?"""
    r"""|%s|%[A-Z_]+%|:[a-z_]\w*(?=$|[\s,;)])|\?(?=$|[\s,;)])|@\{|#\{|[*xX.•_-]{3,200}(?=$|[\s"',;)&])"""
    r"""|\[[A-Z_ ]+\]|…|\$[0-9](?=$|\W)"""
    r"""|\((?:sensitive|known after|none|hidden|redacted|masked|unset|empty|not )[^()]{0,40}\)"""
    r"""|\{["' ]{0,3}(?i:env|ref|from|fn|secret|secretkeyref|value_?from|type|description|default)\b|env[:.]\w"""
    r"""|!(?i:vault|ref|sub|getatt|env|env_var|secret)\b"""
    r"""|@[A-Za-z]\w*\.[A-Za-z]\w*\(|ENC\["""
)
"""A place where a secret will be, or was."""
CONSTANT = Pattern(r"[A-Z][A-Z_]{1,20}")
DOTTED = Pattern(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
PLACE = Pattern(
    r"""(?:/|\./|~/|\.\./)[\w.@-]+(?:/[\w.@-]+)+/?|/(?:etc|var|run|opt|home|tmp|usr|mnt|secrets?)/[\w./@-]*"""
    r"""|(?:https?|file|s3|gs|abfss?|vault|op|awssm|ssm|gcpsm|env|projects)(?:://|:/?)[\w./#?&=:{}-]*|arn:[\w:/.*-]+"""
    r"""|projects/[\w-]+/secrets/[\w./-]+|[A-Za-z]:\\[\w\\. -]+|[a-z][\w-]*(?:/[a-z][\w-]*)+|[\w-]+\.(?:json"""
    r"""|ya?ml|pem|key|txt|env|toml|ini|p12|jks|crt|cer)"""
)
"""Where a secret is kept. A password is never taken for one."""
NUMBER_OR_DATE = Pattern(
    r"[-+]?[0-9][0-9_.,]*\s?(?:[A-Za-z]{1,3}|%)?|P(?:T?[0-9.]+[YMWDHS])+"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]?[0-9:.,]*\S{0,6}"
)
LETTERS = Pattern(r"[^\W\d_]+(?:[-_. /:][^\W\d_]+)*\.?")
UUID = Pattern(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CHUNK = Pattern(r"[A-Za-z0-9+=~]+")
CHUNK_LIMIT = 80
DIGIT, LETTER = Pattern(r"[0-9]"), Pattern(r"[^\W\d_]")
TURN = Pattern(r"[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z])|[A-Z](?=[A-Z][a-z])")
SIGN = Pattern(r"""[!#$^&*?§€£](?=.)""")


def is_word(value: str) -> bool:
    """Whether this is something that is said about a secret, and no secret."""
    return not value or value.lower().rstrip(".,:;!?…") in WORDS


def is_nothing(value: str, name: str, names: Names, *, password: bool, quoted: bool) -> bool:
    """Whether a value (LOOKED_AT characters of it at most) under a name of secrets is none after all."""
    if is_word(value) or PLACEHOLDER.match(value) or _same(value, name):
        return True
    if not quoted and _is_code(value, name, names):
        return True
    if password:
        return name.lower().rpartition(" ")[2] == "pass" and value.isdigit()  # so many tests
    return CONSTANT.fullmatch(value) is not None or _leads_to_one(value, names)


def _is_code(value: str, name: str, names: Names) -> bool:
    """An expression, a path through objects one of which is named like a secret, or a variable that is passed on."""
    if EXPRESSION.match(value) or _named_like(value, name):
        return True
    return DOTTED.fullmatch(value) is not None and any(map(names.promises, value.split(".")))


def _leads_to_one(value: str, names: Names) -> bool:
    """Where a secret is kept, or what it is called."""
    return (PLACE.fullmatch(value) is not None and not looks_secret(value)) or (
        ("-" in value or "_" in value) and _is_reference(value, names)
    )


def _same(value: str, name: str) -> bool:
    last = name.lower().rpartition(".")[2].replace("-", "_").lstrip("_")
    given = value.lower().replace("-", "_").lstrip("_")
    return given in {last, name.lower().replace("-", "_")} or given.rstrip("s") == last.rstrip("s")


def _named_like(value: str, name: str) -> bool:
    """`password=db_password`: a variable that is passed on."""
    last = name.lower().rpartition(".")[2].rpartition(" ")[2]
    before, found, rest = value.rpartition(last)
    return bool(
        found
        and not rest
        and before[-1:] in {"_", "."}
        and before.strip("_.").replace("_", "").replace(".", "").isalpha()
    )


def _is_reference(value: str, names: Names) -> bool:
    """`db-credentials`: the name of a secret, not the secret."""
    return bool(LETTERS.fullmatch(value)) and names.promise(value) is not Promise.NOTHING


def is_measure(value: str) -> bool:
    """A number, a date, a duration or a word: what stands under `max_tokens` or `password_length`."""
    return bool(NUMBER_OR_DATE.fullmatch(value) or LETTERS.fullmatch(value) or PLACE.fullmatch(value))


def looks_secret(value: str) -> bool:
    """Whether a value is as random as nothing but a key is: for names that mostly hold something else."""
    if NUMBER_OR_DATE.fullmatch(value) or UUID.fullmatch(value) or PLACEHOLDER.match(value) or value.startswith("arn:"):
        return False
    return any(is_random(chunk.group()) for chunk in CHUNK.finditer(value)) or bool(
        " " not in value and _has_signs(value)
    )


def is_random(chunk: str) -> bool:
    """Many turns between small letters, capitals and digits, or a long mix of letters and digits."""
    chunk = chunk[:CHUNK_LIMIT]
    size = len(chunk)
    if size < 8:
        return False
    turns = sum(1 for _ in TURN.finditer(chunk))
    if DIGIT.search(chunk) and LETTER.search(chunk):
        return turns >= 4 or (size >= 16 and turns >= 3)
    return size >= 16 and turns * 3 >= size


def is_mixed(value: str) -> bool:
    """Letters beside digits or signs: a password rather than a word, where nothing but its place tells."""
    inner = value.rstrip(".,:;!?)")
    if len(inner) < 4 or not LETTER.search(inner):
        return False
    return DIGIT.search(inner) is not None or _has_signs(inner)


def _has_signs(value: str) -> bool:
    return len(value) >= 6 and SIGN.search(value) is not None and not value.startswith(("http", "/", "s3:"))
