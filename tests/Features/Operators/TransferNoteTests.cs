using System.Net;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>Nodes whose sessions hold few bytes.</summary>
public sealed class BoundedNotesNodes(ChatNodes shared) : DeskNodes(shared, ("Chat:Limits:BytesPerSession", $"{Bytes}"))
{
    public const int Bytes = 20_000;
}

public sealed class TransferNoteTests(BoundedNotesNodes desk) : DeskTest(desk), IClassFixture<BoundedNotesNodes>
{
    [Theory]
    [InlineData("operator")]
    [InlineData("department")]
    public async Task A_transfers_note_counts_like_any_other_and_a_session_without_room_for_it_is_not_transferred(string to)
    {
        var (dana, eli) = (Desk.Operator(name: "Dana"), Desk.Operator(name: "Eli"));
        await eli.ServeAsync("support", "billing");
        var call = await Desk.CallHeldByAsync(dana);
        RedisKey session = Keys.Session(call.SessionId);
        await Desk.Database.HashSetAsync(session, "note_bytes", BoundedNotesNodes.Bytes - 1000 - 254);

        (await TransferAsync("too long" + new string('ä', 500))).ExpectProblem(409, "session_full");
        Assert.Equal([call.SessionId], await dana.MineAsync());
        Assert.Empty(await eli.MineAsync());
        Assert.Equal(["operator_called", "operator_joined"], await call.EventsAsync());
        Assert.Empty(await NotesAsync(dana, call.SessionId));

        (await TransferAsync(new string('ä', 500))).Expect(HttpStatusCode.OK);
        Assert.Equal(BoundedNotesNodes.Bytes, (long)await Desk.Database.HashGetAsync(session, "note_bytes"));
        (await TransferAsync(new string('ä', 500))).Expect(HttpStatusCode.OK); // the same again
        (await eli.PostAsync($"operator/sessions/{call.SessionId}/notes", new { text = "!" })).ExpectProblem(409, "session_full");
        await (to == "operator" ? eli.ReleaseAsync(call.SessionId) : Task.CompletedTask);
        (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.TransferToAsync(call.SessionId, eli.Id)).Expect(HttpStatusCode.OK); // without a note

        Task<Answer> TransferAsync(string note) =>
            to == "operator" ? dana.TransferToAsync(call.SessionId, eli.Id, note) : dana.TransferToDepartmentAsync(call.SessionId, "billing", note);
    }
}
