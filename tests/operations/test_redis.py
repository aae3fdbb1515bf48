import redis


def test_the_embedded_server_answers_and_keeps_a_log_of_writes(embedded_redis):
    with redis.Redis.from_url(embedded_redis.url) as client:
        client.set("kept", "yes")
        assert client.get("kept") == b"yes"
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_the_embedded_server_listens_on_no_port(embedded_redis):
    with redis.Redis.from_url(embedded_redis.url) as client:
        assert client.config_get("port") == {"port": "0"}
