using System.Net;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Which addresses are one client.</summary>
public sealed class ClientNameTests
{
    [Theory]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("fe80::1%3", "fe80::2%4", true)]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9", true)]
    [InlineData("::ffff:203.0.113.9", "::ffff:203.0.113.10", false)]
    [InlineData("203.0.113.9", "203.0.113.10", false)]
    public void An_IPv6_client_is_its_64_network_and_IPv4_is_the_same_in_both_spellings(string one, string other, bool isSame)
    {
        Assert.Equal(isSame, ClientName.Network(IPAddress.Parse(one)).Equals(ClientName.Network(IPAddress.Parse(other))));
        Assert.Equal(isSame, ClientName.Of(IPAddress.Parse(one)) == ClientName.Of(IPAddress.Parse(other)));
    }

    [Fact]
    public async Task Connections_are_counted_by_them_too()
    {
        var limits = new ConnectionLimits(Total: 100, PerClient: 2, OpenFiles: null);
        using var end = new CancellationTokenSource();
        var served = 0;

        foreach (var address in (string[])["2001:db8::1", "2001:db8::2", "2001:db8::3", "::ffff:203.0.113.9", "203.0.113.9", "203.0.113.9", "2001:db8:0:1::1"])
        {
            _ = limits.OnConnectionAsync(
                new Microsoft.AspNetCore.Connections.DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 1) },
                _ =>
                {
                    served++;
                    return Task.Delay(Timeout.Infinite, end.Token);
                },
                managementPort: null);
        }

        Assert.Equal(5, served);
        await end.CancelAsync();
    }
}
