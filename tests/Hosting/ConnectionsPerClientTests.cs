using System.Diagnostics;
using System.Net;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>How many connections one client address may have at once.</summary>
public sealed class ConnectionsPerClientTests(ChatNodes nodes)
{
    private const int Share = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly IPAddress Neighbour = IPAddress.Parse("127.0.0.2");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_has_its_share_another_has_its_own_and_what_ends_makes_room()
    {
        await using var node = Start(("Server:MaxConnectionsPerIp", $"{Share}"));
        for (var round = 0; round < 3; round++)
        {
            // Again, for what ended must be forgotten, neither counted on nor counted twice.
            var mine = await FillAsync(node, IPAddress.Loopback);
            var theirs = await FillAsync(node, Neighbour);

            Assert.Null(await RawConnection.OpenServedAsync(node.Address, Ct, IPAddress.Loopback));
            Assert.Null(await RawConnection.OpenServedAsync(node.Address, Ct, Neighbour));
            Assert.True(await mine[0].IsServedAsync(Ct), "The client that was there first is not served any more.");

            theirs.ForEach(connection => connection.Dispose());
            (await FillAsync(node, Neighbour)).ForEach(connection => connection.Dispose());
            Assert.Null(await RawConnection.OpenServedAsync(node.Address, Ct, IPAddress.Loopback));
            mine.ForEach(connection => connection.Dispose());
        }
    }

    [Theory]
    [InlineData("0", null)]
    [InlineData("2", "127.0.0.9")]
    public async Task They_are_not_counted_where_that_is_off_or_a_proxy_stands_in_front(string share, string? proxy)
    {
        await using var node = Start([("Server:MaxConnectionsPerIp", share), .. proxy is null ? [] : ((string, string)[])[("ReverseProxy:KnownProxies:0", proxy)]]);
        var open = new List<RawConnection?>();
        for (var i = 0; i < 2 * Share; i++)
        {
            open.Add(await RawConnection.OpenServedAsync(node.Address, Ct, IPAddress.Loopback));
        }

        Assert.All(open, connection => Assert.NotNull(connection));
        open.ForEach(connection => connection!.Dispose());
    }

    private ChatNode Start(params (string Name, string Value)[] settings) =>
        ChatNode.Start(nodes.Redis.Configuration, new LogWatch(), settings.ToDictionary(setting => setting.Name, setting => setting.Value));

    /// <summary>As many connections as the share, each served, as soon as the server has noticed that those before have ended.</summary>
    private static async Task<List<RawConnection>> FillAsync(ChatNode node, IPAddress from)
    {
        var (connections, started) = (new List<RawConnection>(), Stopwatch.GetTimestamp());
        while (connections.Count < Share)
        {
            if (await RawConnection.OpenServedAsync(node.Address, Ct, from) is { } connection)
            {
                connections.Add(connection);
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"There is room for no more than {connections.Count}.");
        }

        return connections;
    }
}
