using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>Tests of the desk as a whole; each finds it empty.</summary>
public abstract class DeskTest(DeskNodes desk) : IAsyncLifetime
{
    /// <summary>Far longer than anything here takes, even on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    protected DeskNodes Desk => desk;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await desk.EmptyAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Asks again until it is so: for what a node looks up every second only.</summary>
    protected static async Task EventuallyAsync(string what, Func<Task<bool>> isSo)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), Ct);
        }
    }

    /// <summary>A long request that something is about to wake: its answer, and that it came well before its time was up.</summary>
    protected static async Task<Answer> WokenAsync(Task<Answer> waiting, Func<Task> wake)
    {
        Assert.False(waiting.IsCompleted, "There was nothing to wait for.");
        await wake();
        return await waiting.WaitAsync(Patience, Ct);
    }

    /// <summary>Returns when both nodes have done what no answer waited for.</summary>
    protected async Task BackgroundIdleAsync()
    {
        await desk.Services(0).GetRequiredService<BackgroundWriter>().IdleAsync();
        await desk.Services(1).GetRequiredService<BackgroundWriter>().IdleAsync();
    }

    /// <summary>Everything a visitor can read of its conversation, as JSON and as text.</summary>
    protected static async Task<string> AllThatTheVisitorSeesAsync(DeskCaller visitor)
    {
        var seen = new List<string>();
        foreach (var path in (string[])["chat/history", "chat/poll?after=0-0", "chat/session/transcript"])
        {
            seen.Add((await visitor.GetAsync(path)).Expect(HttpStatusCode.OK).Body?.ToJsonString() ?? "");
        }

        return string.Join('\n', [.. seen, await visitor.TranscriptAsync()]);
    }

    /// <summary>The session's notes, as an operator sees them.</summary>
    protected static async Task<IReadOnlyList<JsonNode>> NotesAsync(DeskCaller reader, string sessionId) =>
        [.. (await reader.GetAsync($"operator/sessions/{sessionId}")).Expect(HttpStatusCode.OK)["notes"]!.AsArray().Select(note => note!)];

    protected static string? What(JsonNode note) => (string?)note["what"];
}
