using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Testcontainers.Redis;

namespace Intotes.Chat.Tests.Redis;

/// <summary>
/// The one Redis that all tests share. Each test keeps to keys of its own and nothing flushes. It is, in this order, the server
/// that <c>CHAT_TEST_REDIS</c> names (as somebody who may create the service's user there), a container where a Docker engine answers and
/// has the image, or a redis-server process.
/// </summary>
public sealed class RedisFixture : IAsyncLifetime
{
    /// <summary>How long an engine may take to answer at all, and then to fetch the image and start it; and a server to accept a connection.</summary>
    private static readonly TimeSpan EngineAnswersWithin = TimeSpan.FromSeconds(3), ContainerStartsWithin = TimeSpan.FromMinutes(2), ServerAnswersWithin = TimeSpan.FromSeconds(30);

    private IAsyncDisposable? started;
    private ConnectionMultiplexer? connection;

    public RedisFixture()
    {
    }

    /// <summary>A server that a test has started for itself.</summary>
    public RedisFixture(string configuration) => (Configuration, Source) = (configuration, "the server of one test");

    /// <summary>The connection string for StackExchange.Redis.</summary>
    public string Configuration { get; private set; } = "";

    /// <summary>What is stored, for tests to look at and to change in ways that the service's own user may not.</summary>
    public IDatabase Database => connection!.GetDatabase();

    /// <summary>In words, which Redis it is; where it is a process, also why it is no container.</summary>
    public string Source { get; private set; } = "";

    /// <summary>Whether nothing but a container will do, as where the tests themselves are being tested.</summary>
    private static bool IsContainerRequired => Environment.GetEnvironmentVariable("CHAT_TEST_REQUIRE_CONTAINER") == "1";

    public async ValueTask InitializeAsync()
    {
        var isShared = Configuration.Length == 0;
        if (isShared)
        {
            await ChooseAsync();
        }

        connection = await ConnectionMultiplexer.ConnectAsync($"{Configuration},allowAdmin=true,connectTimeout={ServerAnswersWithin.TotalMilliseconds}");
        if (isShared)
        {
            await ServiceUser.CreateAsync(connection);
            Console.WriteLine($"Tests use Redis {connection.GetServers()[0].Version}: {Source}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = started;
        await using var first = connection;
    }

    private async Task ChooseAsync()
    {
        if (Environment.GetEnvironmentVariable("CHAT_TEST_REDIS") is { Length: > 0 } given)
        {
            (Configuration, Source) = (given, "the server that CHAT_TEST_REDIS names");
        }
        else if (await StartContainerAsync() is { } whyNot)
        {
            if (IsContainerRequired)
            {
                throw new InvalidOperationException($"CHAT_TEST_REQUIRE_CONTAINER is 1, but there is no container: {whyNot}");
            }

            await StartProcessAsync(whyNot);
        }
    }

    /// <returns>Null once the container runs, else why it does not.</returns>
    private async Task<string?> StartContainerAsync()
    {
        var image = Environment.GetEnvironmentVariable("CHAT_TEST_REDIS_IMAGE") is { Length: > 0 } named ? named : "redis:7.4";
        RedisContainer? container = null;
        try
        {
            // Build looks for the engine and blocks while it does, for long where a remote one is configured and away.
            container = await Task.Run(() => new RedisBuilder(image).WithLogger(NullLogger.Instance).Build()).WaitAsync(EngineAnswersWithin);
            using var patience = new CancellationTokenSource(ContainerStartsWithin);
            await container.StartAsync(patience.Token);
            (started, Configuration, Source) = (container, container.GetConnectionString(), $"a container of {image}");
            return null;
        }
        catch (Exception failure) // Docker does not serve; a process serves as well.
        {
            if (container is not null)
            {
                await container.DisposeAsync();
            }

            return failure.Message.Split(". ")[0].ReplaceLineEndings(" "); // the first sentence says it
        }
    }

    private async Task StartProcessAsync(string whyNoContainer)
    {
        try
        {
            var server = await RedisServerProcess.StartAsync();
            (started, Configuration, Source) = (server, server.Configuration, $"a redis-server process (no container: {whyNoContainer})");
        }
        catch (InvalidOperationException noServer)
        {
            throw new InvalidOperationException(
                $"The tests need a Redis: install redis-server, or start Docker, or set CHAT_TEST_REDIS. Docker: {whyNoContainer} Process: {noServer.Message}", noServer);
        }
    }
}
