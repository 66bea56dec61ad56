"""Tokens that vendors mark by how they begin. Prefix, alphabet and least length are facts of each vendor's.

Lengths are lower bounds where a vendor's tokens grow, so that a token whose end was cut off is still one.
"""

from datatracing.redact.patterns import Pattern

_MARKED = (
    # Clouds
    ("akia asia abia acca a3t", r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])"),  # AWS key ids
    ("fwog iqoj", r"(?:FwoG|IQoJ)[A-Za-z0-9+/=]{60,}"),  # AWS session tokens
    ("absk amzn.mws.", r"ABSK[A-Za-z0-9+/=]{60,}|amzn\.mws\.[0-9a-f-]{36}"),
    ("aiza gocspx- ya29. 1//0", r"AIza[\w-]{35}|GOCSPX-[\w-]{20,}|ya29\.[\w.-]{20,}|1//0[\w-]{30,}"),  # Google
    ("q~", r"[\w~.]{3}[0-9]Q~[\w~.-]{31,34}"),  # Azure client secrets
    ("ltai akid", r"LTAI[A-Za-z0-9]{12,24}(?![A-Za-z0-9])|AKID[A-Za-z0-9]{32}"),  # Alibaba, Tencent
    (
        "_v1_ hrku- 4b1d",
        r"do[opr]_v1_[0-9a-f]{40,64}|HRKU-[\w-]{30,}|4b1d[A-Za-z0-9]{38}(?![A-Za-z0-9])",
    ),  # DigitalOcean, Heroku
    (
        "aqvn t1. y0_ y1_ y2_ y3_",
        r"AQVN[\w-]{35,}|t1\.[A-Z0-9a-z_-]{20,}={0,2}\.[\w-]{60,}|y[0-3]_[\w-]{30,}",
    ),  # Yandex
    (
        "fm1_ fm2_ fo1_ nfp_ rnd_ vercel_",
        r"fm[12]_[A-Za-z0-9+/=,]{60,}|fo1_[\w-]{43}|nfp_\w{36,}|rnd_[A-Za-z0-9]{24,}|vercel_blob_rw_\w{20,}",
    ),
    # Code and packages
    ("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}"),
    ("gl gr1348941", r"gl(?:pat|dt|rt|cbt|ptt|soat|ft|imt|agent|oas|ffct)-[\w.-]{16,}|GR1348941[\w-]{20}"),
    (
        "atatt3 atctt3 atbb atoa",
        r"ATATT3[\w=-]{40,}|ATCTT3[\w=-]{40,}|ATBB[A-Za-z0-9]{28,}|ATOA[\w=-]{40,}",
    ),  # Atlassian, Bitbucket
    (
        "npm_ hf_ pnu_ pnb_ api_org_ pypi- rubygems_ cio",
        r"(?:npm|hf|pnu|pnb|api_org)_[A-Za-z0-9]{30,}|pypi-[\w-]{40,}|rubygems_[0-9a-f]{40,}|cio[A-Za-z0-9]{32}(?!\w)",
    ),
    (
        "dckr_ oy2 clojars_ akcp cmvmd",
        r"dckr_(?:pat|oat)_[\w-]{20,}|oy2[a-z0-9]{43}|CLOJARS_[a-z0-9]{50,}|AKCp[A-Za-z0-9]{60,}|cmVmd[A-Za-z0-9]{59}",
    ),
    (
        "sqp_ squ_ sqa_ cci bkua_ bkat_ sgp_",
        r"sq[pua]_[0-9a-f]{40}|CCI(?:PAT|PRJ)_\w{20,}|bk(?:ua|at)_[0-9a-f]{30,}|sgp_(?:[0-9a-f]{16}_)?[0-9a-f]{40}",
    ),
    (
        "pul- .atlasv1. dp.",
        r"pul-[0-9a-f]{40}|[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{50,}|dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{30,}",
    ),
    ("ico-", r"ico-[A-Za-z0-9]{32}"),
    (
        "hvs. hvb. hvr. s. b. ops_eyj a3-",
        r"hv[sbr]\.[\w-]{20,}|[sb]\.[A-Za-z0-9]{24}(?![\w.])|ops_eyJ[\w+/=-]{20,}|A3(?:-[A-Z0-9]{5,11}){4,6}",
    ),  # Vault
    ("age-secret-key-1 sha256~ tskey-", r"AGE-SECRET-KEY-1[A-Z0-9]{40,}|sha256~[\w-]{43}|tskey-[a-z]{3,12}-[\w-]{16,}"),
    # Data
    ("dapi dkea dose", r"dapi[0-9a-f]{32}|dkea[0-9a-f]{32}|dose[0-9a-f]{32}"),  # Databricks
    (
        "dbtc_ dbtu_ pat key",
        r"dbt[cu]_[\w-]{20,}|pat[A-Za-z0-9]{14}\.[0-9a-f]{50,}|key[A-Za-z0-9]{14}(?=.{0,3}airtable)",
    ),  # dbt Cloud, Airtable
    (
        "pscale_ sbp_ sb_secret_ napi_ ccdb1_",
        r"pscale_(?:tkn|pw|oauth)_[\w.-]{20,}|sb[p]_[0-9a-f]{40}|sb_secret_[\w-]{20,}|napi_[a-z0-9]{40,}|CCDB1_\w{20,}",
    ),
    (
        "phc_ phx_ lsv2_ pcsk_",
        r"phc_[A-Za-z0-9]{40,}|phx_[A-Za-z0-9]{40,}|lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}|pcsk_\w{40,}",
    ),
    (
        "sk.eyj pk.eyj cfpat- tfp_ sdp_",
        r"(?:sk|pk)\.eyJ[\w-]{16,}(?:\.[\w-]*)?|CFPAT-[\w-]{40,}|tfp_[\w=.-]{40,}|sdp_[\w]{30,}",
    ),
    # Watching
    (
        "nrak- nrjs- nrra- nriq- nrsp- nrbr- nrii- nral",
        r"NR(?:AK|JS|RA|IQ|SP|BR)-[A-Za-z0-9]{19,}|NRI[IQ]-[\w-]{20,}|[0-9a-f]{30,36}(?:FFFF)?NRAL(?![A-Za-z0-9])",
    ),
    ("gls glc_ sntry", r"gls[ac]_[A-Za-z0-9_]{30,}|glc_[A-Za-z0-9+/=]{30,}|sntry[su]_[\w=+/.-]{30,}"),
    ("dt0", r"dt0[a-z][0-9]{2}\.[A-Z0-9]{20,}\.[A-Z0-9]{40,}"),
    ("hc pub pmak-", r"hc[abkx]ik_[A-Za-z0-9]{40,}|pub[0-9a-f]{32}(?![A-Za-z0-9])|PMAK-[0-9a-f]{20,}-[0-9a-f]{30,}"),
    # People and papers
    ("xox xapp- xwfp-", r"xox[a-z](?:\.xox[a-z])?-[\w-]{10,}|xapp-[\w-]{10,}|xwfp-[\w-]{20,}"),  # Slack
    (
        ":aa .",
        r"[0-9]{8,10}:AA[\w-]{32,}|[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,}(?![\w.])",
    ),  # Telegram and Discord bots
    (
        "lin_ secret_ ntn_ figd_",
        r"lin_(?:api|oauth)_[A-Za-z0-9]{30,}|secret_[A-Za-z0-9]{40,}|ntn_[A-Za-z0-9]{40,}|figd_[\w-]{36,}",
    ),
    ("figr_ figor_ figo_ figur_ figu_ fig", r"fig[ou]r?_[\w-]{36,}"),
    (
        "pat- 0/ 1/ 2/",
        r"pat-(?:na|eu|ap)[0-9]-[0-9a-f-]{30,}|[0-2]/[0-9]{13,20}(?:/[0-9]{13,20})?:[0-9a-f]{32}",
    ),  # HubSpot, Asana
    ("00", r"00[A-Za-z0-9_-]{17,20}[A-Z][\w-]{18,21}(?![\w.-])"),  # Okta
    # Mail and money
    (
        "whsec_ sk_ rk_ pk_ sq0 eaaa",
        r"whsec_[A-Za-z0-9+/=]{20,}|(?:sk|rk|pk)_(?:live|test|prod)_\w{10,}|sq0[a-z]{3}-[\w-]{22,}|EAAA[\w-]{56,}",
    ),
    (
        "access_token$ access-",
        r"access_token\$(?:production|sandbox)\$[\w$]{20,}|access-(?:sandbox|development|production)-[0-9a-f-]{36}",
    ),
    (
        "rzp_ flwseck shippo_ ezak eztk",
        r"rzp_(?:live|test)_\w{10,}|FLWSECK(?:_TEST)?-\w{12,}|shippo_(?:live|test)_[0-9a-f]{40}|EZ[AT]K[A-Za-z0-9]{54}",
    ),
    (
        "sg. key- -",
        r"SG\.[\w-]{16,}\.[\w-]{16,}|(?:pub)?key-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![\w-])",
    ),  # Mailgun
    (
        "-us sib- ac sk",
        r"[0-9a-f]{32}-us[0-9]{1,2}(?![\w-])|x(?:key|smtp)sib-[0-9a-f]{40,}[\w-]*|(?:AC|SK)[0-9a-f]{32}(?![A-Za-z0-9])",
    ),
    ("shp sl. duffel_", r"shp(?:at|ca|pa|ss|tka|ua)_[0-9a-fA-F]{32}|sl\.[\w-]{60,}|duffel_(?:live|test)_[\w-]{40,}"),
    # Models
    (
        "sk- sess- gsk_ r8_ pplx-",
        r"sk-(?=[\w-]{0,60}[0-9A-Z])[\w-]{20,}|sess-[A-Za-z0-9]{40}|gsk_\w{40,}|r8_[A-Za-z0-9]{30,}|pplx-[\w-]{30,}",
    ),
    ("xai-", r"xai-\w{40,}"),
    (
        "sdk- eaa aaaaaaaaaaaaaaaaaaaa",
        r"sdk-[0-9a-f]{8}-[0-9a-f-]{27}|EAA[A-Za-z0-9]{80,}|A{20,}[\w%]{60,}",
    ),  # LaunchDarkly, Facebook, Twitter
    # Anybody's
    ("eyj", r"eyJ[\w-]{16,}(?:\.[\w-]*){0,4}"),  # JSON Web Token, signed or encrypted, also without its end
    ("$", r"\$(?:2[abxy]|1|5|6|y|apr1|argon2[a-z]{1,2}|scrypt|pbkdf2(?:-sha[0-9]{1,3})?)\$[\w./$=,+-]{20,}"),  # hashes
)
TOKENS = tuple((tuple(hints.split()), Pattern(rf"(?<![A-Za-z0-9])(?P<secret>{source})")) for hints, source in _MARKED)
"""Each behind what stands in every token of its kind, in lower case: all together take milliseconds to compile, and a
healthy task needs few of them."""
TOKEN_LIKE = Pattern(r"[\w+/=.~$-]{16}")
"""No token is shorter."""
KEY_AND_SECRET = Pattern(
    r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"""[\s"',:;/|&=\\]{1,8}(?:[\w.-]{1,40}[\s"':=\\]{1,8})?(?P<secret>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/])"""
)
"""What stands right behind an AWS key id and is as long as its secret is that secret."""
STORAGE_KEY = Pattern(r"(?<![A-Za-z0-9+/])(?P<secret>[A-Za-z0-9+/]{86}==)")
"""Azure's storage, Cosmos and batch keys: 64 bytes in base64."""
