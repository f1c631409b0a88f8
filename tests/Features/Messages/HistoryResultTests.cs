using System.Runtime.CompilerServices;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A history whose client goes away while more of it is read.</summary>
public sealed class HistoryResultTests
{
    private readonly TaskCompletionSource answer = new();
    private bool isLetGo;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_being_read_for_one_who_has_gone_is_waited_for_and_let_go(bool isAnswered)
    {
        await using var services = new ServiceCollection().AddOptions().BuildServiceProvider();
        var http = new DefaultHttpContext { RequestServices = services };
        using var gone = new GoneStream();
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(gone));

        var stretches = StretchesAsync(TestContext.Current.CancellationToken);
        var writing = new HistoryResult(new History("s", SessionStatus.Open, "2-0", HasMore: false, null, stretches)).ExecuteAsync(http);

        Assert.False(writing.IsCompleted, "It did not wait for what it had asked for.");
        Assert.False(isLetGo);
        if (isAnswered)
        {
            answer.SetResult();
        }
        else
        {
            answer.SetException(new IOException("The read has failed too."));
        }

        await Assert.ThrowsAnyAsync<Exception>(() => writing);
        Assert.IsType<OperationCanceledException>(Assert.Single(gone.Thrown));
        Assert.True(isLetGo);
    }

    private async IAsyncEnumerable<IReadOnlyList<Message>> StretchesAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        try
        {
            yield return [];
            await answer.Task;
            yield return [];
        }
        finally
        {
            isLetGo = true;
        }
    }

    /// <summary>Where writing ends as it does where a client has gone.</summary>
    private sealed class GoneStream : MemoryStream
    {
        public List<Exception> Thrown { get; } = [];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Thrown.Add(new OperationCanceledException("The client has gone."));
            throw Thrown[^1];
        }
    }
}
