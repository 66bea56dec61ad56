"""Who is who: the runs behind ids, which no alias may take from them."""

from datatracing.store.port import Can, Store
from datatracing.testing import build
from datatracing.testing.contract.needs import needs
from datatracing.testing.contract.sealing import seal

RUN, OTHER, THIRD = build.run("r1"), build.run("r2"), build.run("r3", namespace="żółw 🐢")


class IdentityContract:
    """identities, run by alias."""

    def test_identities_are_of_runs_open_and_sealed_and_of_no_link_end(self, store: Store) -> None:
        seal(store, build.sealed(RUN, links=[build.caused_by(OTHER)]))
        with store.sealing(THIRD.trace_id) as sealing:
            sealing.open(build.open_summary(THIRD))
        asked = [RUN.trace_id, OTHER.trace_id, THIRD.trace_id, "ab" * 16]
        assert store.identities(asked) == {RUN.trace_id: RUN, THIRD.trace_id: THIRD}
        assert store.identities([]) == {}

    def test_identities_of_many_ids_are_found_at_once(self, store: Store) -> None:
        seal(store, build.sealed(RUN))
        asked = [build.run(f"x{n}").trace_id for n in range(1_500)] + [RUN.trace_id]
        assert store.identities(asked) == {RUN.trace_id: RUN}

    @needs(Can.ALIASES)
    def test_an_alias_never_answers_for_a_run_of_which_something_has_arrived(self, store: Store) -> None:
        seal(store, build.sealed(RUN, aliases=[OTHER.trace_id]))
        assert store.run(OTHER.trace_id) is not None
        store.append([build.row(OTHER)])
        assert store.run(OTHER.trace_id) is None
        seal(store, build.sealed(OTHER))
        found = store.run(OTHER.trace_id)
        assert found is not None
        assert found.run == OTHER
