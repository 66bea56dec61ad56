"""Mapped tasks and task groups."""

from airflow.sdk import dag, get_current_context, task, task_group


@dag
def mapped_one_fails():
    @task
    def process(item):
        if item == 1:
            raise ValueError("item 1 is bad")

    @task
    def collect():
        return 1

    process.expand(item=[0, 1, 2]) >> collect()


@dag
def zero_length_map():
    @task
    def items():
        return []

    @task
    def process(item):
        return item

    @task
    def collect(done):
        return 1

    collect(process.expand(item=items()))


@dag
def map_over_result():
    @task
    def items():
        return [3, 5, 8]

    @task
    def process(item):
        return item * item

    @task
    def collect(done):
        return sum(done)

    collect(process.expand(item=items()))


@dag
def mapped_retry():
    @task(retries=1, retry_delay=0)
    def process(item):
        if item == 1 and get_current_context()["ti"].try_number == 1:
            raise ValueError("item 1 needs two attempts")

    @task
    def collect():
        return 1

    process.expand(item=[0, 1]) >> collect()


@dag
def nested_groups():
    @task
    def begin():
        return 1

    @task
    def work():
        return 1

    @task
    def check():
        return 1

    @task_group
    def outer():
        @task_group
        def inner():
            work() >> check()

        inner() >> work()

    @task
    def end():
        return 1

    begin() >> outer() >> end()


@dag
def mapped_group():
    @task
    def first(item):
        return item

    @task
    def second(item):
        return item

    @task_group
    def pair(item):
        second(first(item))

    @task
    def collect():
        return 1

    pair.expand(item=[0, 1]) >> collect()


mapped_one_fails()
zero_length_map()
map_over_result()
mapped_retry()
nested_groups()
mapped_group()
