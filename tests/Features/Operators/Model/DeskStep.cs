using CsCheck;

namespace Intotes.Chat.Tests.Features.Operators.Model;

public enum DeskAction
{
    Open,
    Say,
    Call,
    Close,
    Presence,
    Claim,
    ClaimWanted,
    Answer,
    Release,
    TransferToOperator,
    TransferToDepartment,
    CloseHeld,
    List,
    Vanish,
    Restart,
}

/// <summary>One thing that somebody does at the desk.</summary>
/// <param name="Visitor">Who does it, or whose session it is done to.</param>
/// <param name="Operator">Who does it.</param>
/// <param name="Other">To whom a session is transferred; the last one is nobody.</param>
/// <param name="Capacity">What presence says; 0 leaves it as it is.</param>
/// <param name="Departments">What presence says: 0 nothing, else one of <see cref="Choices"/>.</param>
/// <param name="Status">What presence says: 0 nothing, 1 away, else online.</param>
public sealed record DeskStep(DeskAction Action, int Visitor, int Operator, int Other, int Department, int Capacity, int Departments, int Status)
{
    public const int VisitorCount = 6;
    public const int OperatorCount = 3;

    public static readonly string[] DepartmentNames = ["support", "billing"];

    /// <summary>What an operator may say that it serves; an empty list means all.</summary>
    public static readonly string[][] Choices = [[], ["support"], ["billing"], ["billing", "support"]];

    public static readonly Gen<DeskStep> Random = Gen.Select(
        Gen.Frequency(
            (5, DeskAction.Open),
            (4, DeskAction.Say),
            (9, DeskAction.Call),
            (3, DeskAction.Close),
            (4, DeskAction.Presence),
            (10, DeskAction.Claim),
            (5, DeskAction.ClaimWanted),
            (4, DeskAction.Answer),
            (5, DeskAction.Release),
            (7, DeskAction.TransferToOperator),
            (4, DeskAction.TransferToDepartment),
            (2, DeskAction.CloseHeld),
            (3, DeskAction.List),
            (2, DeskAction.Vanish)),
        Gen.Int[0, VisitorCount - 1],
        Gen.Int[0, OperatorCount - 1],
        Gen.Int[0, OperatorCount],
        Gen.Int[0, DepartmentNames.Length - 1],
        Gen.Int[0, 3],
        Gen.Int[0, Choices.Length],
        Gen.Int[0, 5],
        (action, visitor, @operator, other, department, capacity, departments, status) =>
            new DeskStep(action, visitor, @operator, other, department, capacity, departments, status));

    public override string ToString() => Action switch
    {
        DeskAction.Open or DeskAction.Say or DeskAction.Close => $"visitor {Visitor}: {Action}",
        DeskAction.Call => $"visitor {Visitor}: {Action} {DepartmentNames[Department]}",
        DeskAction.Presence => $"operator {Operator}: {Action} status {Status}, capacity {Capacity}, departments {Departments}",
        DeskAction.Claim or DeskAction.List or DeskAction.Vanish => $"operator {Operator}: {Action}",
        DeskAction.TransferToOperator => $"operator {Operator}: {Action} {Other}, of visitor {Visitor}",
        DeskAction.TransferToDepartment => $"operator {Operator}: {Action} {DepartmentNames[Department]}, of visitor {Visitor}",
        DeskAction.Restart => $"node {Visitor % 2}: {Action}",
        _ => $"operator {Operator}: {Action}, of visitor {Visitor}",
    };

    /// <summary>A day at the desk. One in eight has a node restarted in the middle.</summary>
    public static Gen<DeskStep[]> Day(int steps) => Gen.Select(
        Random.Array[1, steps],
        Gen.Int[0, 7],
        static (steps, restart) => restart < 7 || steps.Length < 8
            ? steps
            : [.. steps[..(steps.Length / 2)], steps[0] with { Action = DeskAction.Restart }, .. steps[(steps.Length / 2)..]]);
}
